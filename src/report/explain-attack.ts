/** `petrify explain --attacks`: one attack in full, or all of them by family; and the sentences about an attack. */
import type { Family } from '../prove/attack.ts';
import type { AttackDescription } from '../prove/describe.ts';
import { columnWidth, count, paragraph, WIDTH, wrap } from './lines.ts';
import type { Style } from './style.ts';

/** In the order in which they are listed. */
export const FAMILY_WORDS: Readonly<Record<Family, string>> = {
  files: 'change files',
  code: 'run code that was not built in',
  software: 'install software',
  mounts: 'change what is mounted',
  kernel: 'reach the kernel and the host through it',
  neighbours: 'reach other containers and the host',
  outside: 'come in from outside',
};

export const FAMILY_NAMES = Object.keys(FAMILY_WORDS) as readonly Family[];

/** What stops it, as a sentence; `control` makes a link or a word of an id. */
export function stopsWords({ stoppedBy }: AttackDescription, control = (id: string) => id): string {
  if (stoppedBy.length === 0) return 'Nothing in a manifest stops it.';
  return `Stopped by ${stoppedBy.map(control).join(', ')}.`;
}

export function harmlessWords({ harmless }: AttackDescription): string {
  return harmless
    ? 'Harmless: it makes only what it takes away again, and changes and runs nothing of the pod.'
    : 'Not harmless: it is made only in a sandbox or in a copy of the pod, never in a pod that serves.';
}

/** undefined: it never touches the host. */
export function hostWords({ touchesHost }: AttackDescription): string | undefined {
  return touchesHost
    ? 'The part of it that touches the host is made only with `--host-attacks`; what it changes is journalled first, and put back.'
    : undefined;
}

/** undefined: where it works, that is no residual. */
export function opensWords({ opens }: AttackDescription): string | undefined {
  if (opens === null) return undefined;
  return opens.what === null
    ? `Each place where it works is listed as still open: ${opens.why}.`
    : `Where it works, ${opens.what} is listed as still open: ${opens.why}.`;
}

/** Everything about one attack; ends with a line feed. */
export function renderAttack(attack: AttackDescription, style: Style): string {
  const { id, title, family, technique, why } = attack;
  const said = [harmlessWords(attack), hostWords(attack), opensWords(attack)].filter((words) => words !== undefined);
  const lines = [
    style.strong(title),
    style.faint(`${id}, an attack to ${FAMILY_WORDS[family]}`),
    '',
    ...paragraph(why, 0),
    '',
    style.strong('What stops it'),
    ...(attack.stoppedBy.length === 0 ? paragraph(stopsWords(attack), 2) : attack.stoppedBy.map((one) => `  ${one}`)),
    '',
    style.strong('How it is made'),
    ...said.flatMap((words) => paragraph(words, 2)),
    '',
    style.strong('Technique'),
    `  MITRE ATT&CK ${technique.id}: ${technique.name}`,
    style.faint(`  ${technique.url}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** Attacks by family: id, technique, title, what stops it. */
export function renderAttackList(attacks: readonly AttackDescription[], style: Style): string {
  const widthOf = (texts: readonly string[]) => columnWidth(texts, Number.POSITIVE_INFINITY);
  const idWidth = widthOf(attacks.map(({ id }) => id));
  const techniqueWidth = widthOf(attacks.map(({ technique }) => technique.id));
  const indent = 2 + idWidth + 2 + techniqueWidth + 2;
  const lines = FAMILY_NAMES.flatMap((wanted) => {
    const own = attacks.filter(({ family }) => family === wanted);
    if (own.length === 0) return [];
    return [
      `${style.strong(wanted)}  ${style.faint(`${count(own.length, 'attack')}: to ${FAMILY_WORDS[wanted]}`)}`,
      ...own.flatMap((attack) => [
        `  ${attack.id.padEnd(idWidth)}  ${attack.technique.id.padEnd(techniqueWidth)}  ${attack.title}`,
        ...wrap(stopsWords(attack), WIDTH - indent).map((line) => style.faint(' '.repeat(indent) + line)),
      ]),
      '',
    ];
  });
  return `${lines.join('\n').trimEnd()}\n`;
}
