/** In which directory a container starts. */
import { textOf } from '../workload/value.ts';
import type { Container } from '../workload/workload.ts';

/** The manifest's own choice, else the image's, else `/`. */
export function workingDirectoryOf({ spec }: Pick<Container, 'spec'>, image: { readonly workingDir: string }): string {
  return textOf(spec.workingDir) || image.workingDir || '/';
}
