/** Proofs as JUnit XML: a test suite for each container, a test case for each attempt, and one for the verdict. */
import type { Attempt } from '../prove/proof.ts';
import { tally } from './lines.ts';
import {
  controlWords,
  identityWords,
  OUTCOMES,
  otherReasons,
  type Problem,
  type ProofReport,
  type ProvedContainer,
  proofTitle,
} from './proof-report.ts';
import { residualFacts } from './residual-words.ts';
import { placeWords } from './words.ts';
import { xmlAttribute, xmlText } from './xml.ts';

export function renderProofJunit({ proved, problems }: ProofReport): string {
  const suites = [...proved.map(suiteXml), ...(problems.length === 0 ? [] : [problemsXml(problems)])];
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="petrify">\n${suites.join('')}</testsuites>\n`;
}

interface Case {
  readonly name: string;
  /** What stands in the case; `failure`, `error` and `skipped` are counted. */
  readonly end?: 'failure' | 'error' | 'skipped';
  readonly xml: string;
}

function suiteXml({ proof, place }: ProvedContainer): string {
  const title = proofTitle(proof);
  const cases = [verdictCase(proof), ...proof.attempts.map(attemptCase), ...proof.notAttempted.map(skippedCase)];
  const ended = (wanted: Case['end']) => cases.filter(({ end }) => end === wanted).length;
  const line = place.line === undefined ? '' : ` line="${place.line}"`;
  const lines = cases.map(({ name, xml }) => {
    const head = `<testcase name="${xmlAttribute(name)}" classname="${xmlAttribute(title)}" file="${xmlAttribute(place.file)}"${line} time="0"`;
    return xml === '' ? `${head}/>\n` : `${head}>\n${xml}</testcase>\n`;
  });
  const timestamp = proof.time.replace(/(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/, '');
  return `<testsuite name="${xmlAttribute(title)}" tests="${cases.length}" failures="${ended('failure')}" errors="${ended('error')}" skipped="${ended('skipped')}" timestamp="${xmlAttribute(timestamp)}" time="0">
${lines.join('')}</testsuite>
`;
}

/** Fails for what the attempts do not tell as well: a pod that did not start has no attempts. */
function verdictCase(proof: ProvedContainer['proof']): Case {
  const { verdict, where, image, identity, attempts, residual, reasons } = proof;
  const open = residual.map((one) => {
    const facts = [one.executable ? 'executable' : 'not executable', ...residualFacts(one)];
    return `still open: ${one.what} (${facts.join(', ')}): ${one.why}`;
  });
  const said = [
    `verdict: ${verdict}`,
    where,
    `${image.name} (${image.id})`,
    identityWords(identity),
    `attempts: ${tally(
      attempts.map(({ outcome }) => outcome),
      OUTCOMES,
    )}`,
    ...open,
  ];
  const output = `<system-out>${xmlText(said.join('\n'))}</system-out>\n`;
  if (verdict === 'proven') return { name: 'verdict', xml: output };
  const message = `${verdict}: ${otherReasons(proof)[0] ?? reasons[0] ?? 'not proven'}`;
  const text = xmlText(reasons.join('\n'));
  return {
    name: 'verdict',
    end: 'failure',
    xml: `<failure type="${verdict}" message="${xmlAttribute(message)}">${text}</failure>\n${output}`,
  };
}

function attemptCase(attempt: Attempt): Case {
  const { id: name, outcome, title, errno, layer, detail, technique } = attempt;
  const stopped = [errno, layer].filter((one) => one !== null).join(', ');
  const said = [
    `${title} (${technique})`,
    detail,
    ...(stopped === '' ? [] : [stopped]),
    `the same ${controlWords(attempt)}`,
  ];
  const text = xmlText(said.join('\n'));
  if (outcome === 'succeeded' || outcome === 'unknown') {
    const end = outcome === 'succeeded' ? 'failure' : 'error';
    return { name, end, xml: `<${end} type="${outcome}" message="${xmlAttribute(detail)}">${text}</${end}>\n` };
  }
  return { name, xml: `<system-out>${xmlText(`${outcome}\n`)}${text}</system-out>\n` };
}

function skippedCase({ id, reason }: { readonly id: string; readonly reason: string }): Case {
  return { name: id, end: 'skipped', xml: `<skipped message="${xmlAttribute(reason)}"/>\n` };
}

/** What could not be read or attacked is an error: a build that proved only half must not look whole. */
function problemsXml(problems: readonly Problem[]): string {
  const cases = problems.map(({ file, line, column, message, hint }) => {
    const place = placeWords({
      file,
      ...(line === undefined ? {} : { line }),
      ...(column === undefined ? {} : { column }),
    });
    const text = hint === undefined ? message : `${message}\n${hint}`;
    return `<testcase name="${xmlAttribute(place)}" classname="not attacked" file="${xmlAttribute(file)}" time="0">
<error type="not attacked" message="${xmlAttribute(message)}">${xmlText(text)}</error>
</testcase>
`;
  });
  return `<testsuite name="petrify" tests="${cases.length}" failures="0" errors="${cases.length}" skipped="0" time="0">
${cases.join('')}</testsuite>
`;
}
