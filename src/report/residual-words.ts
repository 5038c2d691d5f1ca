/** What a proof knows of a place that stays open, and of those that are closed, in words; a proof need not know all of it. */
import type { Proof } from '../prove/proof.ts';

type Residual = Proof['residual'][number];

/** What was found by trying: each may be missing in a proof of a Petrify that did not look. */
interface Tried {
  readonly acceptable?: boolean;
  readonly writability?: {
    readonly by: string;
    readonly fileSystem: string;
    readonly source: string;
    readonly sizeLimit: { readonly bytes: number; readonly by: string } | null;
    readonly execution: string;
    readonly survives: { readonly container: boolean; readonly pod: boolean };
  } | null;
}

/** A place that was tried and cannot be written. */
export interface Closed {
  readonly path: string;
  readonly source: string;
  readonly errno: string;
  readonly layer: string | null;
}

/** Empty where a proof does not say it. */
export function closedPlaces(proof: Proof): readonly Closed[] {
  return (proof as Proof & { readonly closed?: readonly Closed[] }).closed ?? [];
}

/** false only where a proof says that it is not meant so. */
export function isAcceptable(residual: Residual): boolean {
  return (residual as Residual & Tried).acceptable !== false;
}

const EXECUTION: Readonly<Record<string, string>> = {
  ran: 'a program ran there',
  refused: 'a program was refused there',
  noexec: 'mounted noexec',
  'not-tried': 'no program was tried there',
  'no-files': 'it holds no files',
};

/** Who may write, where it lies, how much fits, how long it stays; empty where a proof does not say it. */
export function residualFacts(residual: Residual): readonly string[] {
  const { writability } = residual as Residual & Tried;
  if (writability === undefined || writability === null) return [];
  const { by, fileSystem, source, sizeLimit, execution, survives } = writability;
  return [
    `writable by ${by}`,
    `${fileSystem} (${source})`,
    sizeLimit === null ? 'no size limit' : `at most ${bytesWords(sizeLimit.bytes)}, by the ${sizeLimit.by}`,
    EXECUTION[execution] ?? execution,
    survivesWords(survives),
  ];
}

function survivesWords({ container, pod }: { readonly container: boolean; readonly pod: boolean }): string {
  if (pod) return 'outlives the pod';
  return container ? 'survives a restart of the container' : 'gone with the container';
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `16 MiB`, `1.5 GiB`. */
function bytesWords(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < UNITS.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${Number(value.toFixed(1))} ${UNITS[unit]}`;
}
