/** All attacks on nginx in eight configurations: what came of each, and whether the verdicts of the specification agree. */

import { version } from '../src/cli/version.ts';
import { connectEngine } from '../src/engine/connect.ts';
import { newRun } from '../src/engine/runs.ts';
import { documentFromValue } from '../src/manifest/read.ts';
import { disagreementsOf } from '../src/prove/agreement.ts';
import { FAMILIES } from '../src/prove/attack.ts';
import { attacks } from '../src/prove/attacks/index.ts';
import type { Outcome, Proof } from '../src/prove/proof.ts';
import { proveWorkload } from '../src/prove/prove.ts';
import { findWorkloads } from '../src/workload/find.ts';
import type { Workload } from '../src/workload/workload.ts';

const IMAGE = 'localhost/petrify/nginx:1';
const READ_ONLY = { readOnlyRootFilesystem: true };
const NON_ROOT = { ...READ_ONLY, runAsNonRoot: true, runAsUser: 65532 };
const DROP_ALL = { ...NON_ROOT, capabilities: { drop: ['ALL'] } };

/** Each by the settings of its container and of its pod. */
const CONFIGURATIONS: Readonly<Record<string, { readonly container: object; readonly pod?: object }>> = {
  plain: { container: {} },
  'read-only root': { container: READ_ONLY },
  '+ non-root': { container: NON_ROOT },
  '+ drop ALL': { container: DROP_ALL },
  '+ no escalation': { container: { ...DROP_ALL, allowPrivilegeEscalation: false } },
  privileged: { container: { ...READ_ONLY, privileged: true } },
  'SYS_ADMIN only': {
    container: { ...READ_ONLY, capabilities: { drop: ['ALL'], add: ['SYS_ADMIN', 'SETUID', 'SETGID', 'CHOWN'] } },
  },
  'user namespace': { container: { ...READ_ONLY, privileged: true }, pod: { hostUsers: false } },
};

const CELLS: Readonly<Record<Outcome, string>> = { blocked: 'B', residual: 'R', succeeded: 'S', unknown: '?' };
/** The worst outcome of an attack's places is the one that is shown. */
const WORST: readonly Outcome[] = ['unknown', 'succeeded', 'residual', 'blocked'];
/** What all attacks on one ready container may take. */
const GOAL_MS = 10_000;

function workloadOf({ container, pod = {} }: { container: object; pod?: object }): Workload {
  const names = { run: '/var/run', cache: '/var/cache/nginx' };
  const spec = {
    ...pod,
    automountServiceAccountToken: false,
    securityContext: { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }] },
    containers: [
      {
        name: 'nginx',
        image: IMAGE,
        securityContext: container,
        readinessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 1 },
        volumeMounts: Object.entries(names).map(([name, mountPath]) => ({ name, mountPath })),
      },
    ],
    volumes: Object.keys(names).map((name) => ({ name, emptyDir: { sizeLimit: '16Mi' } })),
  };
  const value = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'nginx' }, spec };
  return findWorkloads(documentFromValue('bench', value))[0]!;
}

interface Row {
  readonly name: string;
  readonly proof: Proof;
  /** From the first attempt's end to the last's, plus what the first took: what the attacks themselves needed. */
  readonly attackMs: number;
  readonly totalMs: number;
}

async function prove(name: string, workload: Workload): Promise<Row> {
  const engine = await connectEngine('auto', process.env);
  const start = performance.now();
  let ready = start;
  let last = start;
  const [proof] = await proveWorkload(engine, workload, {
    run: newRun(),
    petrify: version(),
    documents: [],
    hostAttacks: true,
    onReady: () => {
      ready = performance.now();
    },
    onAttempt: () => {
      last = performance.now();
    },
  });
  return { name, proof: proof!, attackMs: last - ready, totalMs: performance.now() - start };
}

export default async function bench(args: readonly string[]): Promise<number> {
  const wanted = Object.entries(CONFIGURATIONS).filter(([name]) => args.length === 0 || args.includes(name));
  const rows: Row[] = [];
  for (const [name, configuration] of wanted) {
    console.error(`${name} …`);
    rows.push(await prove(name, workloadOf(configuration)));
  }
  printMatrix(rows);
  const problems = rows.flatMap(({ name, proof }) => problemsOf(proof).map((problem) => `${name}: ${problem}`));
  for (const problem of problems) console.log(problem);
  const slowest = Math.max(...rows.map(({ attackMs }) => attackMs));
  for (const { name, proof, attackMs, totalMs } of rows) {
    const { attempts, verdict } = proof;
    const times = `${(attackMs / 1000).toFixed(1)} s of ${(totalMs / 1000).toFixed(1)} s`;
    console.log(`${name.padEnd(16)} ${verdict.padEnd(10)} ${attempts.length} attempts, ${times}`);
  }
  const unknown = rows.flatMap(({ proof }) => proof.attempts.filter(({ outcome }) => outcome === 'unknown'));
  const disagreements = rows.flatMap(({ proof }) => disagreementsOf(proof));
  const traces = rows.flatMap(({ proof }) => proof.traces);
  console.log(`${unknown.length} unknown, ${disagreements.length} disagreements, ${traces.length} traces`);
  const met = slowest <= GOAL_MS;
  console.log(
    `slowest suite on a ready container ${(slowest / 1000).toFixed(1)} s, goal ≤ 10 s: ${met ? 'met' : 'MISSED'}`,
  );
  return problems.length === 0 && met ? 0 : 1;
}

function problemsOf(proof: Proof): readonly string[] {
  const unknown = proof.attempts.filter(({ outcome }) => outcome === 'unknown');
  const notReady = proof.attempts.length === 0 ? proof.reasons : [];
  return [
    ...unknown.map(({ id, detail }) => `${id} unknown: ${detail}`),
    ...disagreementsOf(proof),
    ...proof.traces,
    ...notReady,
  ];
}

function printMatrix(rows: readonly Row[]): void {
  const width = Math.max(...attacks.map(({ id }) => id.length));
  for (const [index, { name }] of rows.entries()) console.log(`${' '.repeat(width)}  ${'│ '.repeat(index)}┌ ${name}`);
  for (const family of FAMILIES) {
    const own = attacks.filter((attack) => attack.family === family);
    if (own.length > 0) console.log(family);
    for (const { id } of own) {
      const cells = rows.map(({ proof }) => {
        const outcomes = proof.attempts.filter((each) => each.id.split(':', 1)[0] === id).map(({ outcome }) => outcome);
        const worst = WORST.find((outcome) => outcomes.includes(outcome));
        return worst === undefined ? '–' : CELLS[worst];
      });
      console.log(`${id.padEnd(width)}  ${cells.join(' ')}`);
    }
  }
  console.log(
    'B blocked, R residual, S succeeded, ? unknown, – not attempted; the worst of an attack’s places is shown.',
  );
}
