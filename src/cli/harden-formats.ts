/** The forms in which `harden` gives a change; here so that the command line knows them without loading what renders them. */

export const HARDEN_FORMATS = ['diff', 'json-patch', 'strategic-merge', 'kustomize', 'helm-values'] as const;

export type HardenFormat = (typeof HARDEN_FORMATS)[number];
export type PatchFormat = Exclude<HardenFormat, 'diff' | 'helm-values'>;
