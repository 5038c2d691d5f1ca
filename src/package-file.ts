/** Where the package's own files are: this module lies one folder below its root, from source and in the built program. */
export function packageFile(path: string): URL {
  return new URL(`../${path}`, import.meta.url);
}
