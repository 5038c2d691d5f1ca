/**
 * The result of `check` as JUnit XML: a test suite for each workload, a test case for each container, so that a case
 * keeps its name when findings come and go, and a build server can tell what broke and what was mended.
 */
import type { SpecVerdict } from '../controls/control.ts';
import type { ManifestDocument, Notice, Position, Unreadable } from '../manifest/document.ts';
import type { ControlOf, Format, Summary, WeighedFinding, WeighedObject, WeighedWorkload } from './check-result.ts';
import { count } from './lines.ts';
import {
  containerTitle,
  fixLine,
  NO_CONTAINERS,
  placeOf,
  placeWords,
  renderedWords,
  standingWords,
  tallyWords,
  titleOf,
  unexplained,
} from './words.ts';
import { xmlAttribute, xmlText } from './xml.ts';

interface Case {
  readonly name: string;
  readonly findings: readonly WeighedFinding[];
  readonly verdict: SpecVerdict | undefined;
  /** Said beside the findings. */
  readonly note: string | undefined;
}

interface Suite {
  readonly title: string;
  readonly file: string;
  readonly position: Pick<Position, 'line'>;
  readonly document: ManifestDocument;
  readonly cases: readonly Case[];
}

export function junitFormat(controlOf: ControlOf): Format {
  return {
    open: () => '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="petrify">\n',
    separator: '',
    workload: (judged) => suiteXml(suiteOfWorkload(judged), controlOf),
    object: (judged) => suiteXml(suiteOfObject(judged), controlOf),
    close: (summary) => `${closing(summary)}</testsuites>\n`,
  };
}

function suiteOfWorkload({ workload, verdict, containers, findings }: WeighedWorkload): Suite {
  const { source, document } = workload;
  const podNote = containers.length === 0 ? NO_CONTAINERS : undefined;
  const pod: Case = { name: 'pod', findings, verdict: containers.length === 0 ? verdict : undefined, note: podNote };
  const cases = containers.map(
    (judged): Case => ({
      name: containerTitle(judged),
      findings: judged.findings,
      verdict: judged.verdict,
      note: unexplained(judged.verdict, judged.findings),
    }),
  );
  return { title: titleOf(workload), file: source.file, position: source, document, cases: [pod, ...cases] };
}

function suiteOfObject({ object, findings }: WeighedObject): Suite {
  const { source, document } = object;
  const one: Case = { name: object.kind, findings, verdict: undefined, note: undefined };
  return { title: titleOf(object), file: source.file, position: source, document, cases: [one] };
}

const fails = ({ findings }: Case): boolean => findings.some(({ standing }) => standing.kind === 'counts');

function suiteXml(suite: Suite, controlOf: ControlOf): string {
  const { title, cases } = suite;
  const failures = cases.filter(fails).length;
  const lines = cases.map((one) => caseXml(one, suite, controlOf));
  return `<testsuite name="${xmlAttribute(title)}" tests="${cases.length}" failures="${failures}" errors="0" skipped="0" time="0">
${lines.join('')}</testsuite>
`;
}

function caseXml(one: Case, suite: Suite, controlOf: ControlOf): string {
  const { file, document, position, title } = suite;
  const line = document.text.rendered === undefined ? ` line="${position.line}"` : '';
  const head = `<testcase name="${xmlAttribute(one.name)}" classname="${xmlAttribute(title)}" file="${xmlAttribute(file)}"${line} time="0"`;
  const counted = one.findings.filter(({ standing }) => standing.kind === 'counts');
  const others = one.findings.filter(({ standing }) => standing.kind !== 'counts');
  const body: string[] = [];
  const [worst] = counted;
  if (worst !== undefined) {
    const more = counted.length > 1 ? ` and ${count(counted.length - 1, 'more finding')}` : '';
    const message = `${one.verdict ?? worst.verdict}: ${controlOf(worst).phrase}${more}`;
    const text = counted.map((finding) => findingWords(finding, suite, controlOf)).join('\n\n');
    body.push(
      `<failure type="${one.verdict ?? worst.verdict}" message="${xmlAttribute(message)}">${xmlText(text)}</failure>\n`,
    );
  }
  const said = [
    ...(one.verdict === undefined ? [] : [`verdict: ${one.verdict}`]),
    ...(one.note === undefined ? [] : [one.note]),
    ...others.map((finding) => findingWords(finding, suite, controlOf)),
  ];
  if (said.length > 0) body.push(`<system-out>${xmlText(said.join('\n'))}</system-out>\n`);
  return body.length === 0 ? `${head}/>\n` : `${head}>\n${body.join('')}</testcase>\n`;
}

function findingWords(finding: WeighedFinding, { document, file }: Suite, controlOf: ControlOf): string {
  const control = controlOf(finding);
  const standing = standingWords(finding.standing);
  const place = placeWords(placeOf(document, file, finding.position));
  const rendered = renderedWords(document);
  return [
    `${finding.verdict}: ${control.phrase} (${control.id})`,
    `  at ${place}${rendered === undefined ? '' : ` (${rendered})`}`,
    `  ${control.message(finding.args)}`,
    `  ${standing ?? fixLine(control)}`,
  ].join('\n');
}

/** What could not be read is an error of its own test case: a build that judged only half must not look whole. */
function closing(summary: Summary): string {
  const { unreadable, notices } = summary;
  const errors = unreadable.map(({ file, line, column, message, hint }: Unreadable) => {
    const place = placeWords({ file, line, ...(column === undefined ? {} : { column }) });
    const text = hint === undefined ? message : `${message}\n${hint}`;
    return `<testcase name="${xmlAttribute(place)}" classname="unreadable" file="${xmlAttribute(file)}" line="${line}" time="0">
<error type="unreadable" message="${xmlAttribute(message)}">${xmlText(text)}</error>
</testcase>
`;
  });
  const passed = notices.map(({ file, line, message, hint }: Notice) => {
    const place = placeWords({ file, ...(line === undefined ? {} : { line }) });
    const text = hint === undefined ? message : `${message} (${hint})`;
    return `<testcase name="${xmlAttribute(place)}" classname="notice" file="${xmlAttribute(file)}" time="0">
<skipped message="${xmlAttribute(text)}"/>
</testcase>
`;
  });
  return `<testsuite name="petrify" tests="${errors.length + passed.length}" failures="0" errors="${errors.length}" skipped="${passed.length}" time="0">
${errors.join('')}${passed.join('')}<system-out>${xmlText(tallyWords(summary))}</system-out>
</testsuite>
`;
}
