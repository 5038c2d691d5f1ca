/** Proofs as SARIF 2.1.0: a rule for each attack, a result for each attempt that was not blocked. */
import type { AttackDescription } from '../prove/describe.ts';
import type { Attempt, Outcome, Proof } from '../prove/proof.ts';
import { artifactUri } from './artifact-uri.ts';
import { FAMILY_WORDS, harmlessWords, hostWords, opensWords, stopsWords } from './explain-attack.ts';
import {
  attackOf,
  controlWords,
  otherReasons,
  type Problem,
  type ProofPlace,
  type ProofReport,
  type ProvedContainer,
  proofTitle,
} from './proof-report.ts';
import { fingerprint, HOME, MAX_TAGS, ruleName, SARIF_SCHEMA } from './sarif-log.ts';
import { visibleJson } from './visible.ts';

/** SARIF's own levels; what is blocked is no result. */
const LEVELS: Readonly<Record<Exclude<Outcome, 'blocked'>, string>> = {
  succeeded: 'error',
  unknown: 'warning',
  residual: 'note',
};
/** What code scanning sorts by: 7 to 8.9 is high. */
const SEVERITY = '8.0';
/** A container that no attempt explains: it was not attacked, or its specification alone is worse. */
const NOT_PROVEN = 'not-proven';

export function renderProofSarif({ proved, problems, attacks, version }: ProofReport): string {
  const rules = [...attacks.map(ruleOf), NOT_PROVEN_RULE];
  const indexes = new Map(rules.map(({ id }, index) => [id, index]));
  const driver = { name: 'Petrify', semanticVersion: version, informationUri: HOME, rules };
  const invocation = {
    executionSuccessful: problems.length === 0,
    toolExecutionNotifications: problems.map(notification),
  };
  const run = {
    tool: { driver },
    columnKind: 'utf16CodeUnits',
    results: proved.flatMap((one) => resultsOf(one, indexes)),
    invocations: [invocation],
  };
  const log = { $schema: SARIF_SCHEMA, version: '2.1.0', runs: [run] };
  return `${visibleJson(JSON.stringify(log))}\n`;
}

function ruleOf(attack: AttackDescription) {
  const { id, title, why, technique, family } = attack;
  const how = [harmlessWords(attack), hostWords(attack), opensWords(attack)].filter((words) => words !== undefined);
  const control = (name: string) => `[${name}](${HOME}/controls/${name})`;
  return {
    id,
    name: ruleName(id),
    shortDescription: { text: title },
    fullDescription: { text: why },
    helpUri: `${HOME}/attacks#${id}`,
    help: {
      text: [why, stopsWords(attack), ...how, `MITRE ATT&CK ${technique.id}: ${technique.name}`].join('\n\n'),
      markdown: [
        why,
        `**${stopsWords(attack, control)}**`,
        ...how,
        `[MITRE ATT&CK ${technique.id}: ${technique.name}](${technique.url})`,
      ].join('\n\n'),
    },
    defaultConfiguration: { level: 'error' },
    properties: {
      tags: ['security', 'kubernetes', 'containers', 'immutability', family, technique.id].slice(0, MAX_TAGS),
      precision: 'very-high',
      'problem.severity': 'error',
      'security-severity': SEVERITY,
      family: FAMILY_WORDS[family],
    },
  };
}

const NOT_PROVEN_WHY =
  'A container is proven when its specification is immutable, it ran, and every attack on it was refused that a twin without the controls allows.';

const NOT_PROVEN_RULE = {
  id: NOT_PROVEN,
  name: ruleName(NOT_PROVEN),
  shortDescription: { text: 'A container is not proven to be immutable' },
  fullDescription: { text: NOT_PROVEN_WHY },
  helpUri: `${HOME}/proving`,
  help: { text: NOT_PROVEN_WHY, markdown: NOT_PROVEN_WHY },
  defaultConfiguration: { level: 'error' },
  properties: {
    tags: ['security', 'kubernetes', 'containers', 'immutability'],
    precision: 'very-high',
    'problem.severity': 'error',
    'security-severity': SEVERITY,
  },
};

function resultsOf({ proof, place }: ProvedContainer, indexes: ReadonlyMap<string, number>) {
  const results = proof.attempts.flatMap((attempt) => {
    const { id, outcome, title, detail } = attempt;
    if (outcome === 'blocked') return [];
    const message = `${proofTitle(proof)}: ${title} (${id}) ${OUTCOME_WORDS[outcome]}: ${detail}. The same ${controlWords(attempt)}.`;
    const { errno, layer, control, technique } = attempt;
    const properties = { attempt: id, outcome, errno, layer, control, technique };
    return [
      result(proof, place, indexes, { rule: attackOf(attempt), key: id, level: LEVELS[outcome], message, properties }),
    ];
  });
  const reasons = otherReasons(proof);
  if (proof.verdict === 'proven' || reasons.length === 0) return results;
  const message = `${proofTitle(proof)} is ${proof.verdict} and not proven. ${reasons.join(' ')}`;
  const properties = { verdict: proof.verdict };
  return [
    ...results,
    result(proof, place, indexes, { rule: NOT_PROVEN, key: '', level: 'error', message, properties }),
  ];
}

const OUTCOME_WORDS: Readonly<Record<Exclude<Attempt['outcome'], 'blocked'>, string>> = {
  succeeded: 'succeeded',
  unknown: 'has no clear result',
  residual: 'works, where the profile lists it as open',
};

interface Said {
  readonly rule: string;
  readonly key: string;
  readonly level: string;
  readonly message: string;
  readonly properties: object;
}

/** An attack that this Petrify does not have (a proof of another version) has no rule of its own in the log. */
function result(proof: Proof, place: ProofPlace, indexes: ReadonlyMap<string, number>, said: Said) {
  const { apiVersion, kind, namespace, name, container } = proof.workload;
  const print = fingerprint(['prove', said.rule, said.key, apiVersion, kind, namespace ?? '', name, container]);
  const ruleIndex = indexes.get(said.rule);
  const parts = [...(namespace === null ? [] : [namespace]), kind, name, container];
  return {
    ruleId: said.rule,
    ...(ruleIndex === undefined ? {} : { ruleIndex }),
    level: said.level,
    kind: 'fail',
    message: { text: said.message },
    locations: [
      {
        physicalLocation: physicalLocation(place),
        logicalLocations: [{ name: container, fullyQualifiedName: parts.join('/'), kind: 'container' }],
      },
    ],
    // All results of a container are at one line: ours tells them apart.
    partialFingerprints: { 'petrify/v1': print, primaryLocationLineHash: print },
    properties: said.properties,
  };
}

function physicalLocation({ file, line, column, endColumn }: ProofPlace) {
  const artifactLocation = artifactUri(file);
  if (line === undefined) return { artifactLocation };
  return { artifactLocation, region: { startLine: line, startColumn: column, endColumn } };
}

function notification({ file, line, column, message, hint }: Problem) {
  return {
    descriptor: { id: 'not-attacked' },
    level: 'error',
    message: { text: hint === undefined ? message : `${message} (${hint})` },
    locations: [
      { physicalLocation: physicalLocation({ file, ...(line === undefined ? {} : { line, column: column ?? 1 }) }) },
    ],
  };
}
