/** Proofs as JSON: the published contract, which `prove --verify` reads again. */
import type { Proof, ProofList, ProofVerdict } from '../prove/proof.ts';
import { visibleJson } from './visible.ts';

const PROOF_LIST_SCHEMA: ProofList['schema'] = 'petrify.dev/prooflist/v1alpha1';
/** From worst to best. */
const VERDICTS: readonly ProofVerdict[] = ['mutable', 'bypassable', 'immutable', 'proven'];

/** The proof of one container as it is; of several as a list with the worst verdict. */
export function renderProofs(proofs: readonly Proof[]): string {
  const [only] = proofs;
  if (only !== undefined && proofs.length === 1) return print(only);
  const verdict = VERDICTS.find((one) => proofs.some((proof) => proof.verdict === one)) ?? null;
  return print({ schema: PROOF_LIST_SCHEMA, verdict, proofs } satisfies ProofList);
}

function print(value: unknown): string {
  return `${visibleJson(JSON.stringify(value, null, 2))}\n`;
}
