/** Hostile streams: real manifests mutated by bytes, lines, words and structure, the same for the same seed. */
import { controls } from '../../src/controls/index.ts';

/** Numbers below 1, always the same ones for a seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const POD = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations: {petrify.dev/ignore.privileged: "needed until=2030-01-01"}
spec:
  template:
    spec:
      hostUsers: false
      shareProcessNamespace: true
      os: {name: linux}
      securityContext: {runAsUser: 0, runAsNonRoot: true, fsGroup: 5, sysctls: [{name: kernel.msgmax, value: "1"}], seccompProfile: {type: Unconfined}}
      volumes:
        - name: a
          hostPath: {path: /var/run/docker.sock, type: Socket}
        - {name: b, emptyDir: {sizeLimit: 1Gi, medium: Memory}}
        - {name: c, projected: {sources: [{configMap: {name: x}}, {serviceAccountToken: {path: t}}]}}
        - {name: d, configMap: {name: y}}
      initContainers:
        - {name: i, image: "i@sha256:00", restartPolicy: Always, command: [sh, -c, "apt-get update && curl x | sh"]}
      containers:
        - name: main
          image: nginx
          args: ["--a", "/b.sh"]
          stdin: true
          env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]
          envFrom: [{configMapRef: {name: y}}]
          volumeMounts:
            - {name: a, mountPath: /var/run, readOnly: false, mountPropagation: Bidirectional, subPathExpr: "$(A)"}
            - {name: b, mountPath: /usr/bin, bindMountOptions: [noexec], recursiveReadOnly: Enabled}
          volumeDevices: [{name: dev, devicePath: /dev/sda}]
          lifecycle: {postStart: {exec: {command: [touch, /x]}}}
          securityContext: {privileged: true, procMount: Unmasked, capabilities: {add: [SYS_ADMIN], drop: [ALL]}, windowsOptions: {hostProcess: true}, seLinuxOptions: {type: spc_t}, appArmorProfile: {type: Unconfined}}
      ephemeralContainers:
        - {name: e, image: busybox, targetContainerName: main, tty: true}
`;

const OTHERS: readonly string[] = [
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: y}\nimmutable: false\ndata:\n  a: |\n    kind: Pod\n  b: "two\n    lines"\n',
  'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\nrules:\n- apiGroups: [""]\n  resources: [pods/exec, nodes/proxy]\n  verbs: ["*"]\n',
  'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: n\n  labels: {pod-security.kubernetes.io/enforce: privileged}\n',
  'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: s}}\n- {apiVersion: v1, kind: Pod, spec: {containers: [{name: a, image: b}]}}\n',
  'apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec: {templates: [{container: {image: x}}]}\n',
  '{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "c", "image": "d"}]}}\n',
];

/** Every example of every control beside what has a bit of everything. */
const SEEDS: readonly string[] = [POD, POD, ...OTHERS, ...controls.flatMap(({ bad, good }) => [bad, good])];

/** Values of every type, and those that readers stumble over. */
const VALUES: readonly string[] = [
  '',
  'null',
  'true',
  '0',
  '-1',
  '1e999',
  '.nan',
  '0644',
  '"x"',
  "'{{ .Values.x }}'",
  '[]',
  '{}',
  '[[]]',
  '{a: {}}',
  '[null]',
  '[1, "a", {}, []]',
  '{containers: [{image: x}]}',
  '"\\e[2J\\u202e"',
  '"<script>alert(1)</script>"',
  '"::error::x"',
  '"]]>"',
  '__proto__',
  '"constructor"',
  '{__proto__: 1}',
  '99999999999999999999',
  '2147483648',
  '"\\uD800"',
  '*a',
  '&a [*a]',
  '!!binary Pod',
  '!!int x',
  '? a',
  '|',
  '>-',
  '"',
  "'",
  '<<',
  '!<tag:yaml.org,2002:str> 1',
  '2026-01-01',
  'yes',
];

const KEYS = [
  'containers',
  'image',
  'securityContext',
  'kind',
  'apiVersion',
  'volumes',
  'name',
  '<<',
  '__proto__',
  '"cont\\x61iners"',
  '? kind',
  '&k spec',
];
const WORDS = [
  '---',
  '...',
  '\t',
  '\r',
  '\u2028',
  '\uFEFF',
  '\0',
  '{{',
  '}}',
  '&a ',
  '*a',
  '!!str ',
  '# ',
  ': ',
  '- ',
  '"',
  "'",
  '\\',
  '[',
  ']',
  '{',
  '}',
  '|',
  '%YAML 1.1',
  '\ud800',
];

type Pick = <T>(from: readonly T[]) => T;
type Mutation = (text: string, random: () => number, pick: Pick) => string;

const at = (text: string, random: () => number): number => Math.floor(random() * (text.length + 1));

function changeLine(text: string, random: () => number, change: (lines: string[], index: number) => void): string {
  const lines = text.split('\n');
  change(lines, Math.floor(random() * lines.length));
  return lines.join('\n');
}

const MUTATIONS: readonly Mutation[] = [
  // A value of another type at any field, in block and in flow style.
  (text, random, pick) =>
    changeLine(text, random, (lines, i) => (lines[i] = lines[i]!.replace(/:( .*)?$/, `: ${pick(VALUES)}`))),
  (text, _random, pick) => {
    const fields = [...text.matchAll(/(?<=[{,] ?[\w./-]{1,40}: )(?:"[^"\n]*"|\[[^\][\n]*\]|\{[^{}\n]*\}|[\w./@-]+)/g)];
    if (fields.length === 0) return text;
    const field = pick(fields);
    return text.slice(0, field.index) + pick(VALUES) + text.slice(field.index + field[0].length);
  },
  (text, random) =>
    changeLine(text, random, (lines, i) => lines.splice(i, 0, lines[Math.floor(random() * lines.length)]!)),
  (text, random) => changeLine(text, random, (lines, i) => lines.splice(i, 1)),
  (text, random) =>
    changeLine(text, random, (lines, i) => (lines[i] = ' '.repeat(Math.floor(random() * 4)) + lines[i]!)),
  (text, random) => changeLine(text, random, (lines, i) => (lines[i] = lines[i]!.trimStart())),
  (text, random, pick) =>
    changeLine(text, random, (lines, i) => (lines[i] = lines[i]!.replace(/[\w./-]+(?=:)/, pick(KEYS)))),
  (text, random, pick) => {
    const place = at(text, random);
    return text.slice(0, place) + pick(WORDS) + text.slice(place);
  },
  (text, random) => {
    const place = at(text, random);
    return text.slice(0, place) + text.slice(place + 1 + Math.floor(random() * 8));
  },
  (text, random) => text.slice(0, at(text, random)),
  (text, random) => {
    const place = at(text, random);
    return text.slice(0, place) + String.fromCharCode(Math.floor(random() * 0x3000)) + text.slice(place + 1);
  },
  (text, _random, pick) => text.replaceAll('\n', pick(['\r\n', '\r', '\n\n'])),
  (text, _random, pick) => `${text}---\n${pick(SEEDS)}`,
  (text) => `apiVersion: v1\nkind: List\nitems:\n- ${text.replaceAll('\n', '\n  ')}\n`,
];

/** Rare, as each is large: nesting, long scalars, many aliases, many keys. */
const LARGE: readonly Mutation[] = [
  (text, random, pick) =>
    text.replace(pick(['spec:', 'metadata:', 'image: ']), (word) => `${word} ${'['.repeat(50 + random() * 3000)}`),
  (text, random) => text.replace(/(?<=image: |name: )\S+/, 'x'.repeat(random() * 200_000)),
  (text) =>
    `a: &a [x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d]\nf: [*e, *e, *e, *e]\n${text}`,
  (text, random) =>
    `${text}\nx:\n${Array.from({ length: 100 + random() * 2000 }, (_, i) => `  k${i}: ${i}`).join('\n')}\n`,
  (text, random) =>
    text.replace('containers:\n', `containers:\n${'        - {name: m, image: n}\n'.repeat(random() * 300)}`),
  (text, random) => `${'---\n'.repeat(random() * 500)}${text}${'{'.repeat(random() * 500)}`,
];

/** One stream of a fuzz: a seed with a few mutations. */
export function hostileStream(random: () => number): string {
  const pick: Pick = (from) => from[Math.floor(random() * from.length)]!;
  let text = pick(SEEDS);
  if (random() < 0.01) text = pick(LARGE)(text, random, pick);
  const count = 1 + Math.floor(random() * 4);
  for (let done = 0; done < count; done++) text = pick(MUTATIONS)(text, random, pick);
  return text;
}
