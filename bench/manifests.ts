/** A stream of manifests as a large repository has them, the same on every run: commented Deployments, Services, ConfigMaps. */

/** One document of the stream. `workload`: it makes pods. */
export interface GeneratedDocument {
  readonly text: string;
  readonly workload: boolean;
}

/** Of every ten documents: five Deployments, three Services, two ConfigMaps, one of twenty of those long. */
const KINDS = [
  'deployment',
  'service',
  'deployment',
  'configMap',
  'deployment',
  'service',
  'deployment',
  'deployment',
  'service',
  'configMap',
];
const LONG_CONFIG_MAP_EVERY = 100;
const LONG_CONFIG_MAP_LINES = 1_000;
const CONFIG_MAP_LINES = 12;

/** `count` documents, in a fixed order. */
export function generateDocuments(count: number): GeneratedDocument[] {
  return Array.from({ length: count }, (_, index) => {
    const kind = KINDS[index % KINDS.length];
    if (kind === 'deployment') return { text: deployment(index), workload: true };
    if (kind === 'service') return { text: service(index), workload: false };
    const lines = index % LONG_CONFIG_MAP_EVERY === 3 ? LONG_CONFIG_MAP_LINES : CONFIG_MAP_LINES;
    return { text: configMap(index, lines), workload: false };
  });
}

/** Of every twenty documents of a repository of operators and their applications. */
const REPOSITORY =
  'crd service configMap role service crd deployment configMap service role service secret crd role service configMap deployment service role ingress';

/** Documents of at least `bytes` together, most of them no workloads: schemas, configuration, access rules. */
export function generateRepository(bytes: number): GeneratedDocument[] {
  const kinds = REPOSITORY.split(' ');
  const documents: GeneratedDocument[] = [];
  let length = 0;
  for (let index = 0; length < bytes; index++) {
    const kind = kinds[index % kinds.length]!;
    const text = OF_REPOSITORY[kind]!(index);
    documents.push({ text, workload: kind === 'deployment' });
    length += text.length;
  }
  return documents;
}

const OF_REPOSITORY: Readonly<Record<string, (index: number) => string>> = {
  crd: (index) => crd(index, 40 + (index % 7) * 30),
  service,
  configMap: (index) => configMap(index, index % 3 === 0 ? 200 : 20),
  role,
  deployment,
  secret: (index) => plainObject(index, 'v1', 'Secret', `data:\n  key: "${'QUJD'.repeat(100)}"\n`),
  ingress: (index) =>
    plainObject(index, 'networking.k8s.io/v1', 'Ingress', 'spec:\n  rules:\n    - host: "shop.example.test"\n'),
};

function plainObject(index: number, apiVersion: string, kind: string, rest: string): string {
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: app-${index}\n${rest}`;
}

function role(index: number): string {
  const rules = Array.from(
    { length: 6 },
    (_, rule) =>
      `  - apiGroups: ["group-${rule}.example.test"]\n    resources:\n      - things\n    verbs: [get, list, watch]\n`,
  );
  return plainObject(index, 'rbac.authorization.k8s.io/v1', 'Role', `rules:\n${rules.join('')}`);
}

function crd(index: number, fields: number): string {
  const properties = Array.from(
    { length: fields },
    (_, field) => `                containers${field}:
                  description: |-
                    What the operator does with part ${field}: "containers" of the image are listed here,
                    and each of them may be changed while it runs.
                  items:
                    properties:
                      image: {type: string}
                      name:
                        type: string
                    required:
                      - name
                    type: object
                  type: array
`,
  );
  return `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things${index}.example.test
spec:
  group: example.test
  names: {kind: Thing${index}, plural: things${index}}
  scope: Namespaced
  versions:
    - name: v1
      schema:
        openAPIV3Schema:
          properties:
            spec:
              properties:
${properties.join('')}              type: object
          type: object
      served: true
      storage: true
`;
}

/** The documents as one stream. */
export function streamOf(documents: readonly GeneratedDocument[]): string {
  return documents.map(({ text }) => `---\n${text}`).join('');
}

function deployment(index: number): string {
  const hardened = index % 3 === 0;
  const security = hardened
    ? `
          securityContext:
            readOnlyRootFilesystem: true   # the image was rebuilt for this
            allowPrivilegeEscalation: false
            runAsNonRoot: true
            capabilities:
              drop: ["ALL"]`
    : '';
  return `# Service number ${index}: owned by team-${index % 17}.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-${index}
  namespace: team-${index % 17}
  labels:
    app.kubernetes.io/name: app-${index}
    app.kubernetes.io/managed-by: 'Helm'
  annotations:
    description: "Serves part ${index} of the shop: see https://example.test/runbooks/${index}#start"
spec:
  replicas: ${(index % 5) + 1}
  # Never more than one pod away at a time.
  strategy: { type: RollingUpdate, rollingUpdate: { maxUnavailable: 1 } }
  selector:
    matchLabels:
      app.kubernetes.io/name: app-${index}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: app-${index}
    spec:
      serviceAccountName: app-${index}
      containers:
        - name: main
          image: registry.example.test/team-${index % 17}/app-${index}:1.${index % 40}.2  # pinned by the pipeline
          args: ["--listen=:8080", "--log-level=info", '--shard=${index}']
          env:
            - name: SHARD
              value: "${index}"
            - name: PASSWORD
              valueFrom:
                secretKeyRef: { name: app-${index}, key: password }
          ports:
            - name: http
              containerPort: 8080
          readinessProbe:
            httpGet:
              path: /healthz
              port: http
            periodSeconds: 5
          resources:
            requests: { cpu: 100m, memory: 128Mi }
            limits:
              memory: 256Mi   # measured in spring${security}
          volumeMounts:
            - name: config
              mountPath: /etc/app
              readOnly: true
      volumes:
        - name: config
          configMap:
            name: app-${index}
            defaultMode: 0444
`;
}

function service(index: number): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: app-${index}
  namespace: team-${index % 17}
  labels:
    app.kubernetes.io/name: app-${index}
spec:
  selector:
    app.kubernetes.io/name: app-${index}
  ports:
    # TLS ends at the ingress.
    - name: http
      port: 80
      targetPort: http
`;
}

function configMap(index: number, lines: number): string {
  const settings = Array.from({ length: lines }, (_, line) => `    setting.${line} = value ${index} # of ${lines}`);
  return `apiVersion: v1
kind: ConfigMap
metadata:
  name: app-${index}
  namespace: team-${index % 17}
data:
  mode: "production"
  app.properties: |
${settings.join('\n')}
`;
}
