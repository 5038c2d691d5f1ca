/** The `petrify` program: reads the command line, hands over to one command, sets the exit code, prints errors. */
import { Command, CommanderError, Option } from 'commander';
import { Failure } from '../failure.ts';
import { FORMATS } from '../report/format.ts';
import { ageOf, secondsOf } from './duration.ts';
import { EXIT_CANNOT_RUN, EXIT_INTERRUPTED } from './exit-codes.ts';
import { HARDEN_FORMATS } from './harden-formats.ts';
import type { Io } from './io.ts';
import { version } from './version.ts';

const engineOption = () =>
  new Option('--engine <engine>', 'where containers run')
    .choices(['auto', 'docker', 'podman', 'kubernetes', 'none'])
    .default('auto');
const contextOption = () =>
  new Option(
    '--context <name>',
    'with --engine kubernetes: which cluster of the kubeconfig (default: its current one)',
  );
const kubeconfigOption = () =>
  new Option('--kubeconfig <file>', 'with --engine kubernetes: how the cluster is reached (default: as kubectl does)');
/** May be given several times. Each takes one word, so that the paths behind it stay paths. */
const repeatable = (flags: string, description: string) =>
  new Option(flags, `${description} (repeatable)`).argParser((word: string, words: readonly string[] | undefined) => [
    ...(words ?? []),
    word,
  ]);
const noCatalogOption = () =>
  new Option('--no-catalog', 'consult neither the embedded catalogue nor the settings that it knows');
const exerciseOption = () =>
  new Option(
    '--exercise <command>',
    'a shell command that makes it work, and fails where it does not; PETRIFY_HOST, PETRIFY_PORT and PETRIFY_PORT_NAME tell where it listens',
  );
const forOption = () =>
  new Option('--for <duration>', 'how long to watch each run, 90s or 5m; the exercise is repeated meanwhile').argParser(
    secondsOf,
  );
const allowHostPathOption = () =>
  repeatable(
    '--allow-host-path <volume>',
    'give the sandbox the real hostPath of this volume, instead of something empty',
  );
const allowHostNamespaceOption = () =>
  repeatable(
    '--allow-host-namespace <name>',
    "give the sandbox this host's own namespace where the manifest asks for it: network, pid, ipc",
  );
const unrunImagesOption = () =>
  repeatable(
    '--images <source>',
    'with --engine none: where images are read from, a saved archive, an OCI layout, or "registry"',
  );
const formatOption = () =>
  new Option('--format <format>', 'how results are printed').choices(['text', 'json']).default('text');

const logsOption = () =>
  repeatable(
    '--logs <[container=]file>',
    'plan from the log of a pod that is already failing, - for standard input; nothing is run',
  );

/** Builds the program. Each action loads its own command, so that `--version` and `explain` load no engine. */
export function program(io: Io, setExitCode: (code: number) => void): Command {
  const root = new Command('petrify')
    .description('Makes Kubernetes containers immutable at runtime, and proves it.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) })
    .showSuggestionAfterError()
    .showHelpAfterError('(petrify --help lists what there is)')
    .addHelpText('after', EXIT_CODES)
    .exitOverride();

  root
    .command('check')
    .summary('judge manifests: which containers can be changed while they run, and why')
    .description(
      'Judges every container of the given manifests: mutable, bypassable or immutable, with each reason at its line. Runs nothing.',
    )
    .argument(
      '[path...]',
      'manifest files, folders, globs, Helm charts (folder or .tgz), Kustomize folders, or - for standard input',
    )
    .optionsGroup('What is read:')
    .option('--diff-from <ref>', 'judge only documents that are not the same at this commit of git')
    .addOption(repeatable('--exclude <glob>', 'files that are not read: without a / a name, else a whole path'))
    .addOption(repeatable('--helm-values <file>', 'a values file for charts'))
    .option('--allow-network', 'let Helm and Kustomize fetch what charts and kustomizations refer to')
    .option('--cluster', 'judge what runs in a cluster, instead of paths')
    .option('--context <name>', 'which cluster of the kubeconfig (default: its current one)')
    .option('-n, --namespace <name>', 'only this namespace of the cluster (default: all)')
    .option('--kubeconfig <file>', 'how the cluster is reached (default: as kubectl does)')
    .addOption(repeatable('--images <source>', 'what is known of images: a saved archive, an OCI layout, or "engine"'))
    .optionsGroup('What it is held to:')
    .option('--level <level>', 'which controls are reported: minimal, standard (the default), strict')
    .option(
      '--fail-on <what>',
      'exit with 1 on findings that make a container mutable, bypassable or worse, on any finding (the default), or never',
    )
    .option('--kubernetes-version <version>', 'the cluster that is judged for, 1.36 (default: the latest known)')
    .option('--config <file>', 'settings (default: petrify.yaml here, or above up to the root of the repository)')
    .option('--no-config', 'read no settings file')
    .addOption(new Option('--known <file>', 'fail only on findings that are not in this file').conflicts('recordKnown'))
    .option('--record-known <file>', "write today's findings to this file, and do not fail on them")
    .optionsGroup('What comes out:')
    .addOption(new Option('--format <format>', 'how results are printed').choices([...FORMATS]).default('text'))
    .option('-o, --output <file>', 'write the report to this file, whole or not at all')
    .addHelpText('after', CHECK_EXAMPLES)
    .action(async (paths: string[], options) => {
      const { check } = await import('./commands/check.ts');
      setExitCode(await check(paths, options, io));
    });

  root
    .command('observe')
    .summary('run a workload and list every path that it writes')
    .description(
      'Runs a workload (or a bare image) in a sandbox, exercises it, and lists every path that it writes, each with its evidence.',
    )
    .argument('<path|image>', 'a manifest, - for standard input, or the name of an image')
    .option('-o, --output <file>', 'write the ImmutabilityProfile to this file')
    .addOption(engineOption())
    .addOption(unrunImagesOption())
    .addOption(contextOption())
    .addOption(kubeconfigOption())
    .addOption(exerciseOption())
    .addOption(forOption())
    .addOption(allowHostPathOption())
    .addOption(allowHostNamespaceOption())
    .addOption(logsOption())
    .addOption(formatOption())
    .addOption(noCatalogOption())
    .addOption(
      new Option('--contribute', 'print what was seen as an entry for the catalogue, instead of the report').conflicts(
        'format',
      ),
    )
    .action(async (target: string, options) => {
      const { observe } = await import('./commands/observe.ts');
      setExitCode(await observe(target, options, io));
    });

  root
    .command('harden')
    .summary('make manifests read-only, run the result, keep it only if it works')
    .description(
      'Finds what each workload must write, plans the narrowest volumes and the least privileges, and runs the result until nothing is refused. Prints the diff unless told otherwise.',
    )
    .argument(
      '<path...>',
      'manifest files or folders, a Helm chart (folder or .tgz), Kustomize folders, or - for standard input',
    )
    .optionsGroup('What is read:')
    .addOption(repeatable('--helm-values <file>', 'a values file for charts'))
    .option('--helm-release <name>', 'the release under which the chart will be installed')
    .option('--helm-namespace <name>', 'the namespace into which the chart will be installed')
    .option('--allow-network', 'let Helm and Kustomize fetch what charts and kustomizations refer to')
    .optionsGroup('How it is run:')
    .addOption(engineOption())
    .addOption(unrunImagesOption())
    .addOption(contextOption())
    .addOption(kubeconfigOption())
    .addOption(exerciseOption())
    .addOption(forOption())
    .addOption(allowHostPathOption())
    .addOption(allowHostNamespaceOption())
    .addOption(noCatalogOption())
    .option('--resume <file>', 'remember every run in this file, and go on where an earlier search ended')
    .addOption(logsOption())
    .optionsGroup('What may be changed:')
    .addOption(
      new Option(
        '--state <where>',
        'where state goes that is not in a StatefulSet (default: an emptyDir, with a warning)',
      ).choices(['claim']),
    )
    .option('--no-user', 'write no user and group, for platforms that assign them')
    .optionsGroup('What comes out:')
    .addOption(
      new Option(
        '--format <format>',
        'how the change is given (default: helm-values for a chart, kustomize for a Kustomize folder, else diff)',
      ).choices([...HARDEN_FORMATS]),
    )
    .option('--explain', 'give the reason of every changed line')
    .option('--diff', 'print the difference (the default; with --write or --output in addition)')
    .addOption(new Option('--write', 'write the hardened manifests in place, atomically').conflicts('output'))
    .option(
      '--output <dir>',
      'write the hardened manifests, or the patches, and the ImmutabilityProfiles to this directory',
    )
    .addHelpText('after', HARDEN_EXAMPLES)
    .action(async (paths: string[], options) => {
      const { harden } = await import('./commands/harden.ts');
      setExitCode(await harden(paths, options, io));
    });

  root
    .command('prove')
    .summary('attack the running workload and say what held')
    .description(
      'Runs the workload in a sandbox or a cluster, attacks every container, and reports each attempt with its errno, what stays writable, and the verdict.',
    )
    .argument('<path>', 'a manifest, or - for standard input')
    .optionsGroup('How it is attacked:')
    .addOption(engineOption())
    .option(
      '--profile <file>',
      'an ImmutabilityProfile (from observe or harden): what it does not list is said to be beyond it',
    )
    .option(
      '--host-attacks',
      'also make the attacks that touch the host (what changes is journalled first, and put back)',
    )
    .optionsGroup('In a cluster, with --engine kubernetes:')
    .addOption(contextOption())
    .addOption(kubeconfigOption())
    .option('--as <user>', 'who makes the attempts from outside (default: whoever the kubeconfig says)')
    .addOption(repeatable('--as-group <group>', 'a group of that user'))
    .option('--live', 'attack a pod that serves instead of a copy: only what is harmless, and nothing is proven')
    .optionsGroup('What comes out:')
    .addOption(new Option('--format <format>', 'how the result is printed').choices([...FORMATS]).default('text'))
    .option('-o, --output <file>', 'write the report to this file instead, in the format that was asked for')
    .addOption(
      new Option('--proof <file>', 'write the proof (JSON) to this file as well, whatever the format').conflicts(
        'verify',
      ),
    )
    .optionsGroup('Whether a proof still holds, without an engine:')
    .addOption(
      new Option(
        '--verify <proof>',
        'attack nothing: say whether this proof still covers the manifest, and why not',
      ).conflicts(['hostAttacks', 'profile', 'context', 'kubeconfig', 'as', 'asGroup', 'live']),
    )
    .addOption(
      new Option('--max-age <age>', 'with --verify: an older proof does not cover, 12h, 30d or 2w').argParser(ageOf),
    )
    .addOption(
      repeatable(
        '--images <source>',
        'with --verify: where the images of today are looked at, "engine", "registry", a saved archive or an OCI layout',
      ),
    )
    .addHelpText('after', PROVE_EXAMPLES)
    .action(async (path: string, options) => {
      if (options.verify !== undefined) {
        const { verify } = await import('./verify.ts');
        setExitCode(await verify(path, options, io));
        return;
      }
      const idle = ['maxAge', 'images'].find((key) => options[key] !== undefined);
      if (idle !== undefined)
        throw new Failure('bad-usage', `${idle === 'maxAge' ? '--max-age' : '--images'} is for --verify.`, {
          hint: 'add --verify PROOF, or leave it out',
        });
      const { prove } = await import('./commands/prove.ts');
      setExitCode(await prove(path, options, io));
    });

  root
    .command('catalog')
    .summary('list what is known of images without running them')
    .description(
      'Lists the embedded catalogue: what images write, with the source of each statement, and the settings with which applications and runtimes need not write. One image shows everything about it.',
    )
    .argument('[image]', 'an image as manifests name it, or a word: part of a name, a path, a variable')
    .addOption(formatOption())
    .action(async (word: string | undefined, options) => {
      const { catalog } = await import('./commands/catalog.ts');
      setExitCode(await catalog(word, options, io));
    });

  root
    .command('explain')
    .summary('explain a control or an attack, or list them all')
    .description(
      'Explains a control: why it matters, how it is fixed, what else calls it what. Or an attack that prove makes: what it would achieve, what stops it. Without a name lists all controls.',
    )
    .argument('[name]', 'the id of a control, as findings name it, or of an attack')
    .option('--attacks', 'list all attacks, or explain the one with this name')
    .action(async (name: string | undefined, options: { readonly attacks?: boolean }) => {
      const { explain } = await import('./commands/explain.ts');
      setExitCode(await explain(name, options, io));
    });

  return root;
}

/** The help of the program and of every command, 100 columns wide, as the reference page shows it. */
export function commandHelps(): ReadonlyMap<string, string> {
  const silent = { out: () => {}, err: () => {} } as unknown as Io;
  const root = program(silent, () => {});
  const helps = new Map<string, string>();
  for (const command of [root, ...root.commands]) {
    command.configureHelp({ helpWidth: 100 });
    const name = command === root ? root.name() : `${root.name()} ${command.name()}`;
    helps.set(name, command.helpInformation());
  }
  return helps;
}

const CHECK_EXAMPLES = `
The environment holds where no flag is given, then the settings file: PETRIFY_CONFIG, PETRIFY_LEVEL, PETRIFY_FAIL_ON,
PETRIFY_KUBERNETES_VERSION, PETRIFY_KNOWN, PETRIFY_ALLOW_NETWORK. Exceptions live with the object, as an annotation
petrify.dev/ignore.CONTROL: "reason until=2027-01-31 container=NAME", or in the settings file. See docs/settings.md.

Examples:
  petrify check deploy/ charts/web 'apps/**/*.yaml'
  petrify check --format sarif --output petrify.sarif .
  petrify check --record-known known.json . && petrify check --known known.json .
  petrify check --diff-from origin/main --fail-on bypassable .
  petrify check --cluster --context staging --namespace shop`;

const HARDEN_EXAMPLES = `
Formats: diff is a patch of the files. json-patch is RFC 6902, with tests that no index hits another container.
strategic-merge merges by name (a custom resource gets a JSON Patch instead). kustomize is a kustomization beside
the files or the base that it patches: one kustomization.yaml on standard output, a folder with --output.
helm-values is a values file with those keys of the chart that have exactly the effect, each tried by rendering the
chart; what the chart does not expose comes as a post-renderer with --output.

Examples:
  petrify harden --explain web.yaml
  petrify harden --format kustomize --output overlays/hardened deploy/ && kubectl apply -k overlays/hardened
  petrify harden charts/web --helm-values prod.yaml --helm-release web --output hardened
  kubectl patch deployment web --type json -p "$(petrify harden --format json-patch web.yaml)"`;

const PROVE_EXAMPLES = `
Exit codes: 0 every container is proven (with --verify: the proof covers), 1 not, 2 could not run or read.

Examples:
  petrify prove --proof web.proof.json web.yaml
  petrify prove --format html --output proof.html --proof web.proof.json web.yaml
  petrify prove --format junit --output prove.xml web.yaml
  petrify prove --verify web.proof.json --max-age 30d web.yaml`;

const EXIT_CODES = `
Exit codes: 0 it holds, 1 findings (or not proven), 2 could not run (bad input, no engine), 130 interrupted.

Examples:
  petrify check deploy/                        every reason at its line
  petrify harden --diff web.yaml               the change that makes it read-only and still work
  petrify harden --write web.yaml && petrify prove web.yaml
  helm template ./chart | petrify check -`;

/** Runs the program on a command line; resolves with the exit code and never throws for a known failure. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let exitCode = 0;
  try {
    await program(io, (code) => {
      exitCode = code;
    }).parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_CANNOT_RUN;
    if (!(error instanceof Failure)) throw error;
    if (error.code === 'interrupted') {
      io.err('petrify: interrupted; everything that was started is removed\n');
      return EXIT_INTERRUPTED;
    }
    io.err(`petrify: ${io.visible(error.message)}\n`);
    if (error.hint) io.err(`  hint: ${io.visible(error.hint)}\n`);
    return EXIT_CANNOT_RUN;
  }
  return exitCode;
}
