/** What a cluster made of a pod that it was sent: mutating admission, and fields that its version does not know. */
import { type JsonObject, listOf, objectOr, textOf } from '../workload/value.ts';

export interface Admitted {
  /** What was asked for and is not so, one sentence each: what runs is another pod. */
  readonly changed: readonly string[];
  /** What nobody asked for, one sentence each. */
  readonly added: readonly string[];
}

/** Compares what decides over a pod's immutability: its containers, their security, its namespaces. Both are `v1` Pods. */
export function admittedAs(sent: JsonObject, admitted: JsonObject): Admitted {
  const [asked, got] = [objectOr(sent.spec), objectOr(admitted.spec)];
  const pod = comparison(
    'the pod',
    { ...objectOr(asked.securityContext), ...own(asked) },
    { ...objectOr(got.securityContext), ...own(got) },
  );
  const [before, after] = [byName(asked), byName(got)];
  const containers = [...before].map(([name, container]) => {
    const its = after.get(name);
    if (its === undefined) return { changed: [`Admission took container ${name} away.`], added: [] };
    return comparison(`container ${name}`, objectOr(container.securityContext), objectOr(its.securityContext));
  });
  const injected = [...after.keys()].filter((name) => !before.has(name));
  const all = [pod, ...containers];
  return {
    changed: [
      ...all.flatMap(({ changed }) => changed),
      ...injected.map((name) => `Admission added container ${name}, which was not attacked.`),
    ],
    added: all.flatMap(({ added }) => added),
  };
}

/** Fields of a pod beside its security context that decide whose kernel objects it sees. */
const OWN = ['hostUsers', 'shareProcessNamespace', 'hostNetwork', 'hostPID', 'hostIPC', 'runtimeClassName'] as const;

/** A default that is written is as good as one that is not. */
const DEFAULTS: JsonObject = {
  shareProcessNamespace: false,
  hostNetwork: false,
  hostPID: false,
  hostIPC: false,
  hostUsers: true,
};

function own(spec: JsonObject): JsonObject {
  const written = OWN.filter((key) => spec[key] !== undefined && spec[key] !== DEFAULTS[key]);
  return Object.fromEntries(written.map((key) => [key, spec[key]]));
}

function byName(spec: JsonObject): ReadonlyMap<string, JsonObject> {
  const all = [...listOf(spec.initContainers), ...listOf(spec.containers)].map(objectOr);
  return new Map(all.map((container) => [textOf(container.name) ?? '', container]));
}

function comparison(whose: string, sent: JsonObject, got: JsonObject): Admitted {
  const words = (key: string, value: unknown) => `${key}: ${JSON.stringify(value)}`;
  const isLost = (key: string) => isSaid(sent[key]) && stable(sent[key]) !== stable(got[key]);
  const lost = Object.keys(sent).filter(isLost);
  const extra = Object.keys(got).filter((key) => isSaid(got[key]) && !isSaid(sent[key]));
  return {
    changed: lost.map((key) => {
      const now = isSaid(got[key]) ? `made it ${words(key, got[key])}` : 'left it out';
      return `For ${whose} ${words(key, sent[key])} was asked for, and the cluster ${now}.`;
    }),
    added: extra.map((key) => `For ${whose} the cluster set ${words(key, got[key])}.`),
  };
}

/** What the API server may leave out again: nothing, an empty list or object. */
function isSaid(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** The same text for the same value, whatever the order of its keys, and without what says nothing. */
function stable(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stable).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, each]) => isSaid(each));
  return `{${entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => `${JSON.stringify(key)}:${stable(each)}`)}}`;
}
