/** Results as JSON: published contracts, described by the schemas in `docs/schema/`. */
import type { ContainerVerdict, WorkloadVerdict } from '../controls/verdict.ts';
import type { Proof } from '../prove/attack.ts';
import { type CheckResult, type ControlOf, controlsById } from './check-result.ts';
import { visibleJson } from './visible.ts';

export const CHECK_SCHEMA = 'petrify.dev/check/v1alpha1';

/** The result of `check`: keys in a stable order, ends with a line feed. */
export function renderCheck(result: CheckResult): string {
  const controlOf = controlsById(result.controls);
  return print({
    schema: CHECK_SCHEMA,
    workloads: result.workloads.map((judged) => workloadJson(judged, controlOf)),
    unreadable: result.unreadable.map(({ file, line, column, message, hint }) => ({
      file,
      line,
      column,
      message,
      hint,
    })),
  });
}

/** A proof, as the file that `prove` leaves. */
export function renderProof(proof: Proof): string {
  return print(proof);
}

export const PROOF_LIST_SCHEMA = 'petrify.dev/prooflist/v1alpha1';

/** The proof of one container as it is; of several as a list with the worst verdict. */
export function renderProofs(proofs: readonly Proof[]): string {
  const [only] = proofs;
  if (only !== undefined && proofs.length === 1) return renderProof(only);
  const verdicts = proofs.map(({ verdict }) => verdict);
  const worst = (['mutable', 'bypassable', 'immutable', 'proven'] as const).find((one) => verdicts.includes(one));
  return print({ schema: PROOF_LIST_SCHEMA, verdict: worst ?? null, proofs });
}

function workloadJson({ workload, verdict, containers }: WorkloadVerdict, controlOf: ControlOf) {
  const { apiVersion, kind, namespace, name, source, podSpecPath } = workload;
  return {
    apiVersion,
    kind,
    namespace: namespace ?? null,
    name,
    source: { file: source.file, document: source.document, line: source.line },
    podSpecPath,
    verdict,
    containers: containers.map((judged) => containerJson(judged, controlOf)),
  };
}

function containerJson({ container, verdict, findings, writable }: ContainerVerdict, controlOf: ControlOf) {
  return {
    name: container.name,
    role: container.role,
    image: container.image ?? null,
    verdict,
    findings: findings.map((finding) => {
      const control = controlOf(finding);
      return {
        control: finding.control,
        verdict: finding.verdict,
        path: finding.path,
        line: finding.position.line,
        column: finding.position.column,
        phrase: control.phrase,
        message: control.message(finding.args),
      };
    }),
    writable,
  };
}

function print(value: unknown): string {
  return `${visibleJson(JSON.stringify(value, null, 2))}\n`;
}
