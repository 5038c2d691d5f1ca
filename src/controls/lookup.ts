/** Finds controls by any name that people have for them: their own, another tool's, or the number of a benchmark. */
import { nearest } from '../nearest.ts';
import type { Control } from './control.ts';
import { notOurs } from './not-ours.ts';

/** An id of another tool or a benchmark. */
export interface ForeignId {
  /** `Checkov`, `CIS`, `NSA/CISA`, `MITRE ATT&CK`. */
  readonly source: string;
  readonly id: string;
}

const CIS = /^CIS Kubernetes Benchmark v[\d.]+: ([\d.]+)$/;
const NSA = /^NSA\/CISA Kubernetes Hardening Guide: (.+)$/;
const ATTACK = /^MITRE ATT&CK (T[\d.]+):/;
/** What may stand before an id. */
const SOURCE =
  /^(?:checkov|gatekeeper|kube-?linter|kubescape|kyverno|polaris|trivy|kube-?score|cis(?: kubernetes)?(?: benchmark)?(?: v[\d.]+)?|nsa\/cisa|nsa|cisa|mitre(?: att&ck)?)\b[ :]+/;
/** Longer names are nobody's. */
const MAX_NAME = 120;

/** All that a control is called elsewhere, in the order of its own lists. */
export function foreignIds({ aliases, references }: Control): readonly ForeignId[] {
  const found: ForeignId[] = aliases.map((alias) => {
    const colon = alias.indexOf(': ');
    return { source: alias.slice(0, colon), id: alias.slice(colon + 2) };
  });
  for (const { title } of references) {
    const cis = CIS.exec(title)?.[1];
    const nsa = NSA.exec(title)?.[1];
    const attack = ATTACK.exec(title)?.[1];
    if (cis !== undefined) found.push({ source: 'CIS', id: cis });
    if (nsa !== undefined) found.push({ source: 'NSA/CISA', id: nsa });
    if (attack !== undefined) found.push({ source: 'MITRE ATT&CK', id: attack });
  }
  return found;
}

/** The control of this id, or else all that another tool's id means; none for an unknown name. */
export function controlsNamed(name: string, controls: readonly Control[]): readonly Control[] {
  if (name.length > MAX_NAME) return [];
  const wanted = plain(name);
  const own = controls.filter(({ id }) => plain(id) === wanted);
  if (own.length > 0) return own;
  return controls.filter((control) => foreignIds(control).some(({ id }) => plain(id) === wanted));
}

/** Why there is on purpose no control for another tool's check. */
export function whyLeftOut(name: string): string | undefined {
  const wanted = plain(name.slice(0, MAX_NAME));
  return notOurs.find(({ ids }) => ids.some((id) => plain(id) === wanted))?.why;
}

/** What may have been meant by a name that nothing has: a whole name, or the beginning of a control's. Numbers are no typing errors. */
export function nearestName(name: string, controls: readonly Control[]): string | undefined {
  const ids = controls.map(({ id }) => id);
  const named = controls.flatMap((control) => foreignIds(control).map(({ id }) => id)).filter((id) => !/\d/.test(id));
  const whole = nearest(name, [...ids, ...named]);
  if (whole !== undefined) return whole;
  const beginning = nearest(
    name,
    ids.map((id) => id.slice(0, name.length)),
  );
  return beginning === undefined ? undefined : ids.find((id) => id.startsWith(beginning));
}

/** Capitals, dashes and leading zeros mean nothing: `KSV-0014`, `KSV014` and `AVD-KSV-0014` are one. Dots do: `5.2.1` is not `5.21`. */
function plain(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(SOURCE, '')
    .replace(/^avd-/, '')
    .replaceAll(/[-_ /]/g, '')
    .replace(/^([a-z]+)0+(\d)/, '$1$2');
}
