/** The beginning of a page that needs nothing else: nothing is loaded, and only what it brings itself may run. */
import { hash } from './html-text.ts';

interface Head {
  readonly title: string;
  readonly style: string;
  /** Absent: nothing runs in it. */
  readonly script?: string;
}

/** Up to the opening tag of the body. */
export function htmlHead({ title, style, script }: Head): string {
  const scripts = script === undefined ? '' : ` script-src ${hash(script)};`;
  const policy = `default-src 'none'; style-src ${hash(style)};${scripts} base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
`;
}
