/** Reads the kernel's own table of mounts: what is really mounted in a container, whatever was asked for. */
import { MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_NOSYMFOLLOW, MS_RDONLY } from './probe/syscalls.ts';

export interface MountPoint {
  /** The kernel's id of the mount, as `statx` reports it. */
  readonly id: number;
  readonly path: string;
  readonly fileSystem: string;
  /** Neither the mount nor its file system is read-only. */
  readonly writable: boolean;
  /** The mount's own options: `ro`, `nosuid`, `noexec` … */
  readonly options: readonly string[];
  /** The file system's own options: `rw`, `size=65536k` … */
  readonly superOptions: readonly string[];
}

/** The text of `/proc/self/mountinfo`, in order; a line that is not understood is a defect, because it hides a place. */
export function parseMountInfo(text: string): readonly MountPoint[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [own = '', fileSystem = ''] = line.split(' - ', 2);
      const fields = own.split(' ');
      const [type, , superOptions] = fileSystem.split(' ');
      if (fields.length < 6 || type === undefined || superOptions === undefined) {
        throw new Error(`not a line of mountinfo: ${line.slice(0, 200)}`);
      }
      const options = fields[5]!.split(',');
      return {
        id: Number(fields[0]),
        path: withoutEscapes(fields[4]!),
        fileSystem: type,
        writable: !options.includes('ro') && !superOptions.split(',').includes('ro'),
        options,
        superOptions: superOptions.split(','),
      };
    });
}

const FLAGS: Readonly<Record<string, number>> = {
  ro: MS_RDONLY,
  nosuid: MS_NOSUID,
  nodev: MS_NODEV,
  noexec: MS_NOEXEC,
  nosymfollow: MS_NOSYMFOLLOW,
};

/** The flags that a remount must name to leave the mount as it is; those about access times stay by themselves. */
export function mountFlags({ options }: Pick<MountPoint, 'options'>): number {
  return options.reduce((flags, option) => flags | (FLAGS[option] ?? 0), 0);
}

/** The innermost mount around a path; of several on one path the last, which hides the others. */
export function mountAround(mounts: readonly MountPoint[], path: string): MountPoint {
  const around = mounts.filter((each) => each.path === '/' || path === each.path || path.startsWith(`${each.path}/`));
  const innermost = around.reduce<MountPoint | undefined>(
    (best, each) => (best === undefined || each.path.length >= best.path.length ? each : best),
    undefined,
  );
  if (innermost === undefined) throw new Error('a container without a root mount');
  return innermost;
}

/** The kernel writes space, tab, newline and backslash as three octal digits. */
function withoutEscapes(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
