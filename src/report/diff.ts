/** The difference between a manifest and its hardened form, as every reviewer knows it. */
import { createTwoFilesPatch } from 'diff';
import type { Style } from './style.ts';
import { visible } from './visible.ts';

/** Unified diff, empty when nothing differs. Without colours it is a patch that `patch -p1` takes. */
export function renderDiff(file: string, before: string, after: string, style: Style, safe: boolean): string {
  if (before === after) return '';
  const name = file.replace(/^\/+/, '');
  const patch = createTwoFilesPatch(`a/${name}`, `b/${name}`, before, after, undefined, undefined, { context: 3 });
  const lines = patch.split('\n').filter((line) => !/^=+$/.test(line));
  return lines.map((line) => paintLine(safe ? visible(line) : line, style)).join('\n');
}

function paintLine(line: string, style: Style): string {
  if (line.startsWith('+++') || line.startsWith('---')) return style.strong(line);
  if (line.startsWith('@@')) return style.faint(line);
  if (line.startsWith('+')) return style.verdict.immutable(line);
  if (line.startsWith('-')) return style.problem(line);
  return line;
}
