/** For tests: a judged workload as a report of one format, with every standing and the names that a test chooses. */
import { check } from '../check/check.ts';
import { benchFor } from '../check/judge-text.ts';
import type { Rules } from '../check/rules.ts';
import { controls } from '../controls/index.ts';
import { LATEST } from '../controls/kubernetes-version.ts';
import type { ManifestText } from '../manifest/document.ts';
import type { Source } from '../source/source.ts';
import type { Format, Summary } from './check-result.ts';
import { type FormatName, formatFor } from './format.ts';
import { styleFor } from './style.ts';

const RULES: Rules = {
  level: 'standard',
  failOn: 'finding',
  target: LATEST,
  today: '2026-11-24',
  off: new Set(),
  exceptions: [],
  known: undefined,
};

function format(name: FormatName): Promise<Format> {
  return formatFor(name, { controls, style: styleFor(false), version: '0.1.0' });
}

/** The report of these texts, with what else a source had to say. */
export async function reportOf(
  name: FormatName,
  texts: readonly ManifestText[],
  { unreadable = [], notices = [] }: Partial<Pick<Summary, 'unreadable' | 'notices'>> = {},
): Promise<string> {
  async function* source(): Source {
    for (const text of texts) yield { text };
    for (const one of unreadable) yield { unreadable: one };
    for (const one of notices) yield { notice: one };
  }
  const parts: string[] = [];
  const bench = benchFor(RULES, await format(name), controls, new Map());
  await check(source(), bench, (part) => parts.push(part));
  return parts.join('');
}

/** A pod of two mutable containers, one finding of which is excepted, with strangers' words wherever they may stand. */
export function hostilePod(words: string): ManifestText {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: words,
      namespace: words,
      annotations: { 'petrify.dev/ignore.drop-all-capabilities': `because ${words}` },
    },
    spec: {
      containers: [
        { name: words, image: words, volumeMounts: [{ name: 'v', mountPath: `/${words}` }], command: [`/${words}`] },
        { name: 'other', image: 'registry.example/other:1', securityContext: { privileged: true } },
      ],
      volumes: [{ name: 'v', hostPath: { path: `/${words}` } }],
    },
  };
  return { file: words, text: JSON.stringify(pod, null, 1) };
}
