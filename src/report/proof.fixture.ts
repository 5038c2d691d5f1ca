/** For tests: a report of `prove` with every outcome, and the words that a test chooses wherever strangers' words may stand. */

import { attacks } from '../prove/attacks/index.ts';
import { describeAttack } from '../prove/describe.ts';
import { BLOCKED, proofsOf } from '../prove/fixtures/proof.ts';
import { workloadOf } from '../prove/fixtures/target.ts';
import type { Proof } from '../prove/proof.ts';
import type { ProofReport } from './proof-report.ts';

const workload = workloadOf({
  initContainers: [{ name: 'seed', image: 'example/seed:1' }],
  containers: [
    {
      name: 'web',
      image: 'example/web:1',
      volumeMounts: [{ name: 'run', mountPath: '/run' }],
    },
  ],
  volumes: [{ name: 'run', emptyDir: { sizeLimit: '16Mi' } }],
});

export const PROVEN: Proof = proofsOf(workload)[0]!;

const writabilityOf = (words: string): NonNullable<Proof['residual'][number]['writability']> => ({
  by: 'this user',
  fileSystem: words,
  source: words,
  sizeLimit: { bytes: 1_610_612_736, by: 'manifest' },
  execution: 'ran',
  survives: { container: true, pod: true },
});

/** Not proven, with strangers' words in everything that is not ours. */
export function hostileProof(words: string): Proof {
  const place = `/${words}`;
  return {
    ...PROVEN,
    verdict: 'mutable',
    workload: { apiVersion: words, kind: 'Pod', namespace: words, name: words, container: words },
    where: `sandbox: ${words}`,
    image: { name: words, id: words, digests: [words], user: words, volumes: [words] },
    mounts: PROVEN.mounts.map((mount) => ({ ...mount, path: place, volume: words, subPath: words, hostPath: words })),
    program: { command: [words], args: [words], workingDir: words, searchPath: words },
    settings: { ...PROVEN.settings, appArmor: words, terminationMessagePath: place },
    attempts: [
      { ...BLOCKED, id: `write-root:${place}`, detail: words },
      { ...BLOCKED, id: `write-root:${place}-2`, outcome: 'succeeded', errno: null, layer: null, detail: words },
      { ...BLOCKED, id: `copy-in:${place}`, outcome: 'unknown', errno: words, layer: null, detail: words },
      {
        ...BLOCKED,
        id: `later:${place}`,
        outcome: 'residual',
        errno: null,
        layer: null,
        detail: words,
        family: 'code',
      },
    ],
    residual: [
      {
        what: place,
        kind: 'volume',
        executable: true,
        why: words,
        declared: false,
        acceptable: false,
        writability: writabilityOf(words),
      },
    ],
    closed: [{ path: place, source: words, readOnly: true, errno: words, layer: 'read-only mount' }],
    differences: [words],
    notAttempted: [{ id: `host-sysctl:${place}`, reason: words }],
    traces: [words],
    reasons: [`The attack write-root:${place}-2 succeeded: ${words}.`, words],
  };
}

/** The hostile proof and one that is proven, at places in files that have the same name. */
export function proofReport(words: string, proofs: readonly Proof[] = [hostileProof(words), PROVEN]): ProofReport {
  return {
    proved: proofs.map((proof) => ({ proof, place: { file: words, line: 3, column: 5, endColumn: 9 } })),
    problems: [{ file: words, line: 7, message: words, hint: words }],
    attacks: attacks.map(describeAttack),
    version: '0.1.0',
  };
}
