/** The result of `check` as JSON: a published contract, described by a schema in `docs/schema/`. */
import type { ManifestDocument } from '../manifest/document.ts';
import type {
  ControlOf,
  Format,
  Summary,
  WeighedContainer,
  WeighedFinding,
  WeighedObject,
  WeighedWorkload,
} from './check-result.ts';
import { visibleJson } from './visible.ts';

export const CHECK_SCHEMA = 'petrify.dev/check/v1alpha1';

/** The result of `check`: keys in a stable order, ends with a line feed. */
export function jsonFormat(controlOf: ControlOf): Format {
  return {
    open: () => `{\n  "schema": "${CHECK_SCHEMA}",\n  "workloads": [\n`,
    separator: ',\n',
    workload: (judged) => piece(workloadJson(judged, controlOf)),
    objects: '\n  ],\n  "objects": [\n',
    object: (judged) => piece(objectJson(judged, controlOf)),
    close: (summary) => `\n  ],\n${closing(summary)}`,
  };
}

function piece(value: unknown): string {
  return visibleJson(JSON.stringify(value));
}

function closing({ tally, unreadable, notices }: Summary): string {
  const places = unreadable.map(({ file, line, column, message, hint }) => ({ file, line, column, message, hint }));
  const passed = notices.map(({ file, line, message, hint }) => ({ file, line, message, hint }));
  const rest = visibleJson(JSON.stringify({ unreadable: places, notices: passed, tally }, null, 2));
  return `${rest.slice(2)}\n`;
}

function workloadJson({ workload, verdict, containers, findings, belowLevel }: WeighedWorkload, controlOf: ControlOf) {
  const { apiVersion, kind, namespace, name, source, podSpecPath, document } = workload;
  return {
    apiVersion,
    kind,
    namespace: namespace ?? null,
    name,
    source: { file: source.file, document: source.document, line: source.line },
    podSpecPath,
    verdict,
    belowLevel,
    ...originJson(document),
    findings: findings.map((finding) => findingJson(finding, controlOf)),
    containers: containers.map((judged) => containerJson(judged, controlOf)),
  };
}

function objectJson({ object, findings }: WeighedObject, controlOf: ControlOf) {
  const { apiVersion, kind, namespace, name, source, document } = object;
  return {
    apiVersion,
    kind,
    namespace: namespace ?? null,
    name,
    source: { file: source.file, document: source.document, line: source.line },
    ...originJson(document),
    findings: findings.map((finding) => findingJson(finding, controlOf)),
  };
}

/** Where the text came from, where it is not the file's own, and what runs with it. */
function originJson({ text: { rendered, live } }: ManifestDocument) {
  const owner = live?.owner ?? null;
  return {
    rendered: rendered === undefined ? null : { by: rendered.by, from: rendered.from },
    live: live === undefined ? null : { owner, pods: live.pods, injected: live.injected },
  };
}

function containerJson({ container, verdict, findings, writable }: WeighedContainer, controlOf: ControlOf) {
  return {
    name: container.name,
    role: container.role,
    image: container.image ?? null,
    verdict,
    findings: findings.map((finding) => findingJson(finding, controlOf)),
    writable,
  };
}

function findingJson(finding: WeighedFinding, controlOf: ControlOf) {
  const control = controlOf(finding);
  return {
    control: finding.control,
    verdict: finding.verdict,
    level: control.level,
    path: finding.path,
    line: finding.position.line,
    column: finding.position.column,
    phrase: control.phrase,
    message: control.message(finding.args),
    fix: { kind: control.fix.kind, text: control.fix.kind === 'needs-human' ? control.fix.why : control.fix.describe },
    standing: finding.standing,
  };
}
