/** A writable volume over programs or configuration: what the container runs can be changed, read-only root or not. */
import { cleanPath, isWithin } from '../workload/file-path.ts';
import { codeOfEnvironment, programsOf } from '../workload/program.ts';
import { writerOf } from '../workload/surface.ts';
import type { Container, Mount } from '../workload/workload.ts';
import type { ContainerControl, SpecVerdict, Violation } from './control.ts';
import { type ProgramPlace, programPlace } from './program-places.ts';
import { kubernetes, technique } from './references.ts';

const control: ContainerControl = {
  id: 'writable-program-directory',
  on: 'container',
  title: 'No writable volume lies over programs',
  why: `A read-only root protects only what no volume covers. With a writable volume over /usr, /bin or /lib, over what the
dynamic linker, logins, cron or services obey below /etc, where the program of \`command\` and \`args\` lies, or where
\`PATH\`, \`LD_PRELOAD\` or \`LD_LIBRARY_PATH\` of the manifest point, the programs themselves can be changed while the
container runs. A mount that is read-only here is no better where another container of the pod writes the same volume at
the same time. Configuration of one program (\`/etc/nginx/conf.d\`) is said, but changes
nothing of the verdict: the program stays what it is. Scratch, data and content (/run, /tmp, /var, /usr/share/nginx/html, a
directory named cache, data, logs …) are none of this. Programs that the image's own ENTRYPOINT names are not looked at.`,
  verdict: 'bypassable',
  level: 'standard',
  references: [
    kubernetes('volumes', 'concepts/storage/volumes/'),
    technique('T1554', 'Compromise Host Software Binary'),
    technique('T1574', 'Hijack Execution Flow'),
  ],
  aliases: [],
  check({ workload, container }) {
    const violations: Violation[] = [];
    let programs: readonly string[] | undefined;
    for (const mount of container.mounts) {
      const writer = mount.readOnly ? writerOf(mount, container, workload.containers) : container;
      if (writer === undefined) continue;
      programs ??= [...programsOf(container), ...codeOfEnvironment(container)];
      const found = judgeMount(mount, container, programs);
      if (found === undefined) continue;
      const { verdict, ...what } = found;
      const args: Record<string, string> = { mountPath: mount.mountPath, kind: mount.volumeKind ?? 'unknown', ...what };
      if (mount.readOnly) args.by = writer === container ? 'itself' : `container ${writer.name}`;
      violations.push({ path: [...mount.path, 'mountPath'], verdict, args });
    }
    return violations;
  },
  phrase: 'programs or configuration are writable',
  message(args) {
    const volume = `${args.mountPath} (${args.kind}, ${args.by === undefined ? 'writable' : 'read-only here'})`;
    const by =
      args.by === undefined
        ? ''
        : args.by === 'itself'
          ? ', which it writes by another mount'
          : `, which ${args.by} writes while this one runs`;
    if (args.program !== undefined) return `The container runs ${args.program} from the volume ${volume}${by}.`;
    return `The volume ${volume} ${LIES_OVER[String(args.place) as ProgramPlace]}${by}.`;
  },
  fix: {
    kind: 'needs-human',
    why: 'Whether the files belong into the image, a ConfigMap, or a volume that an init container fills and this one mounts read-only, is a decision.',
  },
  cel: {
    impossible:
      'Which program a command names, and which container runs beside which, is more than an expression of bounded cost can say.',
  },
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
      volumeMounts:
        - name: tools
          mountPath: /usr/local/bin # <-
  volumes:
    - name: tools
      emptyDir: {}
`,
  good: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  initContainers:
    - name: fetch
      image: registry.example/tools:1
      command: [cp, /tools/serve, /fetched/]
      securityContext: &hard
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
      volumeMounts:
        - name: tools
          mountPath: /fetched
  containers:
    - name: web
      image: registry.example/web:1
      command: [/usr/local/bin/serve, --root, /usr/share/nginx/html]
      securityContext: *hard
      volumeMounts:
        - name: tools # has ended before this one starts
          mountPath: /usr/local/bin
          readOnly: true
        - name: content
          mountPath: /usr/share/nginx/html
  volumes:
    - name: tools
      emptyDir: {}
    - name: content
      emptyDir: {}
`,
};

const LIES_OVER: Readonly<Record<ProgramPlace, string>> = {
  programs: 'lies over programs or libraries',
  'start-up': 'lies over files that the dynamic linker, logins, cron or services obey',
  configuration: 'lies over configuration, which changes what a program does but not the program',
};

/** What a writable mount does to programs: the program that lies on it, else what the directory is. */
function judgeMount(
  mount: Mount,
  container: Container,
  programs: readonly string[],
): { verdict: SpecVerdict; program: string } | { verdict: SpecVerdict; place: ProgramPlace } | undefined {
  const directory = cleanPath(mount.mountPath);
  const place = programPlace(directory);
  if (place !== undefined && place !== 'configuration') return { verdict: 'bypassable', place };
  const program = programs.find((path) => lies(path, mount, directory) && !coveredBelow(path, directory, container));
  if (program !== undefined) return { verdict: 'bypassable', program };
  return place === undefined ? undefined : { verdict: 'immutable', place };
}

/** Without a subPath a mount is a directory, and its own path in a command is data: `minio server /data`. */
function lies(path: string, mount: Mount, directory: string): boolean {
  return isWithin(path, directory) && (path !== directory || mount.subPath !== undefined);
}

/** Whether a mount below this one holds the path, and so is judged instead. */
function coveredBelow(path: string, directory: string, container: Container): boolean {
  return container.mounts.some((mount) => {
    const below = cleanPath(mount.mountPath);
    return below !== directory && isWithin(below, directory) && isWithin(path, below);
  });
}

export default control;
