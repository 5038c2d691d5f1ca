/** Every securityContext of a pod, its own and each container's, one by one: what is overridden is still written. */
import type { Path } from '../manifest/document.ts';
import { isObject, type JsonObject, objectOr } from '../workload/value.ts';
import type { Workload } from '../workload/workload.ts';

/** Who has it, as the beginning of a sentence, and what it says. */
export interface WrittenContext {
  readonly who: string;
  readonly values: JsonObject;
  readonly path: Path;
}

/** The contexts that a pod and its containers have; one that is missing says nothing. */
export function securityContexts({ podSpec, podSpecPath, containers }: Workload): readonly WrittenContext[] {
  const found: WrittenContext[] = [];
  const add = (who: string, holder: JsonObject, path: Path): void => {
    if (isObject(holder.securityContext))
      found.push({ who, values: objectOr(holder.securityContext), path: [...path, 'securityContext'] });
  };
  add('The pod', podSpec, podSpecPath);
  for (const container of containers) add(`Container ${container.name}`, container.spec, container.path);
  return found;
}

/** CEL: a predicate of a container `x` holds for every container of `spec`. */
export function everyContainer(predicate: string): string {
  const more = ['initContainers', 'ephemeralContainers'].map(
    (list) => `(!has(spec.${list}) || spec.${list}.all(x, ${predicate}))`,
  );
  return [`spec.containers.all(x, ${predicate})`, ...more].join(' && ');
}

/** CEL: a predicate of `H.securityContext`, where it is written, holds for the pod and every container. */
export function everyContext(predicate: (context: string) => string): string {
  const of = (holder: string): string =>
    `(!has(${holder}.securityContext) || ${predicate(`${holder}.securityContext`)})`;
  return `${of('spec')} && ${everyContainer(of('x'))}`;
}
