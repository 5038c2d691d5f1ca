/** The result of `check` as SARIF 2.1.0, for code scanning and whatever else reads static analysis. */
import type { Control, SpecVerdict } from '../controls/control.ts';
import type { ManifestDocument, Notice, Path, Unreadable } from '../manifest/document.ts';
import { artifactUri } from './artifact-uri.ts';
import {
  controlsById,
  type Format,
  type Summary,
  type WeighedFinding,
  type WeighedObject,
  type WeighedWorkload,
} from './check-result.ts';
import { fixWords } from './explain.ts';
import { fingerprint, HOME, MAX_TAGS, ruleName, SARIF_SCHEMA } from './sarif-log.ts';
import { spanAt } from './span.ts';
import { visibleJson } from './visible.ts';
import { allFindings, fixLine, renderedWords, titleOf } from './words.ts';

/** SARIF's own levels. */
const LEVELS: Readonly<Record<SpecVerdict, string>> = { mutable: 'error', bypassable: 'warning', immutable: 'note' };
/** What code scanning sorts by: 7 to 8.9 is high, 4 to 6.9 medium, below low. */
const SEVERITIES: Readonly<Record<SpecVerdict, string>> = { mutable: '8.0', bypassable: '6.0', immutable: '3.0' };

interface Owner {
  readonly kind: string;
  readonly apiVersion: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly objectPath: Path;
  readonly source: { readonly file: string };
  readonly document: ManifestDocument;
}

export function sarifFormat(controls: readonly Control[], version: string): Format {
  const controlOf = controlsById(controls);
  const indexes = new Map(controls.map(({ id }, index) => [id, index]));
  const result = (owner: Owner, container: string | undefined, prefix: Path, finding: WeighedFinding) =>
    resultOf(owner, container, prefix, finding, controlOf(finding), indexes.get(finding.control) as number);
  return {
    open: () => `${openingOf(controls, version)},"results":[\n`,
    separator: ',\n',
    workload: (judged: WeighedWorkload) =>
      pieces(
        allFindings(judged).map(({ finding, container }) => {
          const path = judged.containers.find((one) => one.container.name === container)?.container.path;
          return result(judged.workload, container, path ?? judged.workload.objectPath, finding);
        }),
      ),
    object: ({ object, findings }: WeighedObject) =>
      pieces(findings.map((finding) => result(object, undefined, object.objectPath, finding))),
    close: (summary) => `\n],${closingOf(summary)}`,
  };
}

const pieces = (results: readonly unknown[]): string => results.map(print).join(',\n');

const print = (value: unknown): string => visibleJson(JSON.stringify(value));

function openingOf(controls: readonly Control[], version: string): string {
  const driver = { name: 'Petrify', semanticVersion: version, informationUri: HOME, rules: controls.map(ruleOf) };
  const run = print({ tool: { driver }, columnKind: 'utf16CodeUnits' });
  return `{"$schema":"${SARIF_SCHEMA}","version":"2.1.0","runs":[${run.slice(0, -1)}`;
}

function ruleOf(control: Control) {
  const { id, title, why, verdict, level, references, aliases } = control;
  const links = references.map(({ title: text, url }) => (url === undefined ? `- ${text}` : `- [${text}](${url})`));
  const other = aliases.length > 0 ? `\n\nIn other tools: ${aliases.join(', ')}` : '';
  return {
    id,
    name: ruleName(id),
    shortDescription: { text: title },
    fullDescription: { text: why },
    helpUri: `${HOME}/controls/${id}`,
    help: {
      text: `${why}\n\n${fixWords(control.fix)}\n\n${references.map((one) => one.title).join('\n')}${other}`,
      markdown: `${why}\n\n**Fix.** ${fixWords(control.fix)}\n\n${links.join('\n')}${other}`,
    },
    defaultConfiguration: { level: LEVELS[verdict] },
    properties: {
      tags: ['security', 'kubernetes', 'containers', 'immutability', level, ...aliases].slice(0, MAX_TAGS),
      precision: 'high',
      'problem.severity': verdict === 'mutable' ? 'error' : verdict === 'bypassable' ? 'warning' : 'recommendation',
      'security-severity': SEVERITIES[verdict],
      level,
    },
  };
}

function resultOf(
  owner: Owner,
  container: string | undefined,
  prefix: Path,
  finding: WeighedFinding,
  control: Control,
  ruleIndex: number,
) {
  const { verdict, standing, path } = finding;
  const rendered = renderedWords(owner.document);
  const print = fingerprint([
    finding.control,
    owner.apiVersion,
    owner.kind,
    owner.namespace ?? '',
    owner.name,
    container ?? '',
    ...path.slice(prefix.length).map(String),
  ]);
  const who = container === undefined ? titleOf(owner) : `${titleOf(owner)}, container ${container}`;
  return {
    ruleId: finding.control,
    ruleIndex,
    level: LEVELS[verdict],
    kind: 'fail',
    message: { text: `${who}: ${control.message(finding.args)} (${fixLine(control)})` },
    locations: [
      {
        physicalLocation: physicalLocation(owner, finding),
        logicalLocations: [logicalLocation(owner, container)],
      },
    ],
    partialFingerprints: {
      'petrify/v1': print,
      // Where no line of a file tells results apart, ours has to.
      ...(rendered === undefined ? {} : { primaryLocationLineHash: print }),
    },
    baselineState: standing.kind === 'known' ? 'unchanged' : undefined,
    suppressions: suppressionsOf(finding),
    properties: { verdict, path, level: control.level, rendered },
  };
}

/** Lines of what Helm or Kustomize printed are in no file: such a result points at the template, or the folder. */
function physicalLocation(owner: Owner, finding: WeighedFinding) {
  const artifactLocation = artifactUri(owner.source.file);
  const { document } = owner;
  if (document.text.rendered !== undefined) return { artifactLocation };
  const { line, column, offset } = finding.position;
  const { start, end } = spanAt(document, offset);
  const region = { startLine: line, startColumn: column, endColumn: column + Math.max(1, end - start) };
  return { artifactLocation, region };
}

function logicalLocation({ namespace, kind, name }: Owner, container: string | undefined) {
  const parts = [
    ...(namespace === undefined ? [] : [namespace]),
    kind,
    name,
    ...(container === undefined ? [] : [container]),
  ];
  return {
    name: container ?? name,
    fullyQualifiedName: parts.join('/'),
    kind: container === undefined ? 'object' : 'container',
  };
}

function suppressionsOf({ standing }: WeighedFinding) {
  if (standing.kind !== 'excepted') return undefined;
  const until = standing.until === null ? '' : ` (until ${standing.until})`;
  const kind = standing.by === 'annotation' ? 'inSource' : 'external';
  return [{ kind, status: 'accepted', justification: `${standing.reason}${until}` }];
}

function closingOf({ tally, unreadable, notices }: Summary): string {
  const invocation = {
    executionSuccessful: unreadable.length === 0,
    toolExecutionNotifications: [
      ...unreadable.map((one) => notification(one, 'error', 'unreadable')),
      ...notices.map((one) => notification(one, 'note', 'notice')),
    ],
  };
  const rest = print({ invocations: [invocation], properties: { tally } });
  return `${rest.slice(1)}]}\n`;
}

function notification(one: Unreadable | Notice, level: string, id: string) {
  const { file, line, message, hint } = one;
  const column = 'column' in one ? one.column : undefined;
  const region = line === undefined ? undefined : { startLine: line, startColumn: column };
  return {
    descriptor: { id },
    level,
    message: { text: hint === undefined ? message : `${message} (${hint})` },
    locations: [{ physicalLocation: { artifactLocation: artifactUri(file), region } }],
  };
}
