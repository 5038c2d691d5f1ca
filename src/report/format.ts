/** The formats of a report by name; each is loaded only when it is asked for. */
import type { Control } from '../controls/control.ts';
import { type ControlOf, controlsById, type Format } from './check-result.ts';
import { WIDTH } from './lines.ts';
import type { Style } from './style.ts';

export const FORMATS = ['text', 'json', 'sarif', 'junit', 'github', 'markdown', 'html'] as const;

export type FormatName = (typeof FORMATS)[number];

export interface FormatOptions {
  /** The whole catalogue: some formats describe their rules. */
  readonly controls: readonly Control[];
  /** For text only. */
  readonly style: Style;
  /** Columns of the terminal, for text only; absent: a width that reads well. */
  readonly width?: number;
  /** Petrify's own version, where a format names its tool. */
  readonly version: string;
}

export async function formatFor(name: FormatName, { controls, style, width, version }: FormatOptions): Promise<Format> {
  const controlOf: ControlOf = controlsById(controls);
  switch (name) {
    case 'text':
      return (await import('./text.ts')).textFormat(controlOf, style, width ?? WIDTH);
    case 'json':
      return (await import('./json.ts')).jsonFormat(controlOf);
    case 'sarif':
      return (await import('./sarif.ts')).sarifFormat(controls, version);
    case 'junit':
      return (await import('./junit.ts')).junitFormat(controlOf);
    case 'github':
      return (await import('./github.ts')).githubFormat(controlOf);
    case 'markdown':
      return (await import('./markdown.ts')).markdownFormat(controlOf);
    case 'html':
      return (await import('./html.ts')).htmlFormat(controls, version);
  }
}
