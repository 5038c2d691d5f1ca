/** Reads the kernel's own table of mounts: what is really mounted in a container, whatever was asked for. */

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

/** The kernel writes space, tab, newline and backslash as three octal digits. */
function withoutEscapes(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
