/** Who may forward ports talks to whatever listens inside of a pod, past every network policy. */
import { accessRules, placeOf } from '../workload/access-rules.ts';
import { celOf, opens, PORT_FORWARD } from './access.ts';
import type { ObjectControl } from './control.ts';
import { kubernetes, technique } from './references.ts';

const control: ObjectControl = {
  id: 'port-forward-access',
  on: 'object',
  kinds: ['ClusterRole', 'Role'],
  title: 'No role lets anybody forward ports of pods',
  why: `\`pods/portforward\` reaches every port of a pod, those that listen on localhost only and debuggers too, past network
policies. It changes no file itself; what listens there may. Before Kubernetes 1.35 \`get\` was enough over a WebSocket.`,
  verdict: 'immutable',
  level: 'strict',
  references: [
    kubernetes('port forwarding', 'tasks/access-application-cluster/port-forward-access-application-cluster/'),
    technique('T1090', 'Proxy'),
  ],
  aliases: ['Kubescape: C-0063'],
  check({ object, target }) {
    return accessRules(object)
      .filter((rule) => opens(rule, PORT_FORWARD, object.kind, target))
      .map((rule) => ({
        path: placeOf(rule, 'pods', 'portforward'),
        verdict: 'immutable',
        args: { names: rule.names },
      }));
  },
  phrase: 'lets somebody forward ports of pods',
  message({ names }) {
    const limit = names === 0 ? 'every pod' : names === 1 ? 'one named pod' : `${names} named pods`;
    return `Who has this role may reach every port of ${limit} that the role covers, past network policies.`;
  },
  fix: { kind: 'needs-human', why: 'Some people need it to see a service: give it to as few as possible.' },
  cel: celOf([PORT_FORWARD]),
  bad: `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: forwarder
rules:
  - apiGroups: [""]
    resources:
      - pods
      - pods/portforward # <-
    verbs: [get, create]
`,
  good: `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: reader
rules:
  - apiGroups: [""]
    resources: [pods]
    verbs: [get, list, watch]
`,
};

export default control;
