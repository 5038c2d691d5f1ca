/** The one place that decides what holds: the flag, else the environment, else the settings file, else the default. */
import type { FailOn } from '../check/rules.ts';
import type { Level, Target } from '../controls/control.ts';
import { LATEST, LATEST_MINOR, minorOf, OLDEST_MINOR } from '../controls/kubernetes-version.ts';
import { Failure } from '../failure.ts';
import { nearest } from '../nearest.ts';

export const LEVELS: readonly Level[] = ['minimal', 'standard', 'strict'];
export const FAIL_ON: readonly FailOn[] = ['mutable', 'bypassable', 'finding', 'never'];

/** What may be said in each of the three ways; flags are as commander gives them. */
export interface Said {
  readonly level?: string | undefined;
  readonly failOn?: string | undefined;
  readonly kubernetesVersion?: string | undefined;
  readonly known?: string | undefined;
  readonly allowNetwork?: boolean | undefined;
  readonly helmValues?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
}

export interface Settled {
  readonly level: Level;
  readonly failOn: FailOn;
  readonly target: Target;
  readonly known: string | undefined;
  readonly allowNetwork: boolean;
  readonly helmValues: readonly string[];
  readonly exclude: readonly string[];
}

/** The variables of the environment that `check` reads. */
export const VARIABLES = {
  level: 'PETRIFY_LEVEL',
  failOn: 'PETRIFY_FAIL_ON',
  kubernetesVersion: 'PETRIFY_KUBERNETES_VERSION',
  known: 'PETRIFY_KNOWN',
  allowNetwork: 'PETRIFY_ALLOW_NETWORK',
} as const;

/** Throws `Failure('bad-usage')` for a value that no option has, with where it was said. */
export function settle(flags: Said, env: NodeJS.ProcessEnv, file: Said): Settled {
  const first = (key: keyof typeof VARIABLES & keyof Said): Value | undefined => {
    const flag = flags[key];
    if (flag !== undefined) return { value: String(flag), from: FLAGS[key] };
    const variable = env[VARIABLES[key]];
    if (variable !== undefined && variable !== '') return { value: variable, from: VARIABLES[key] };
    const written = file[key];
    return written === undefined ? undefined : { value: String(written), from: `${key} of the settings` };
  };
  const version = first('kubernetesVersion');
  return {
    level: oneOf(LEVELS, first('level')) ?? 'standard',
    failOn: oneOf(FAIL_ON, first('failOn')) ?? 'finding',
    target: version === undefined ? LATEST : { minor: knownMinor(version), stated: true },
    known: first('known')?.value,
    allowNetwork: oneOf(['true', 'false'], first('allowNetwork')) === 'true',
    helmValues: flags.helmValues ?? file.helmValues ?? [],
    exclude: [...(file.exclude ?? []), ...(flags.exclude ?? [])],
  };
}

const FLAGS: Readonly<Record<keyof typeof VARIABLES, string>> = {
  level: '--level',
  failOn: '--fail-on',
  kubernetesVersion: '--kubernetes-version',
  known: '--known',
  allowNetwork: '--allow-network',
};

interface Value {
  readonly value: string;
  readonly from: string;
}

function oneOf<T extends string>(allowed: readonly T[], said: Value | undefined): T | undefined {
  if (said === undefined) return undefined;
  const found = allowed.find((one) => one === said.value);
  if (found !== undefined) return found;
  const near = nearest(said.value, allowed);
  throw new Failure(
    'bad-usage',
    `${said.from}: ${said.value} is not one of ${allowed.join(', ')}`,
    near === undefined ? {} : { hint: `did you mean ${near}?` },
  );
}

function knownMinor({ value, from }: Value): number {
  const minor = minorOf(value);
  if (minor !== undefined) return minor;
  throw new Failure('bad-usage', `${from}: ${value} is no version of Kubernetes that Petrify knows`, {
    hint: `1.${OLDEST_MINOR} to 1.${LATEST_MINOR}`,
  });
}
