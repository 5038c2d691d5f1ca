/**
 * The techniques of MITRE ATT&CK's matrix for containers that attacks are instances of. Ids, names and the platform are
 * those of version 18.1 (November 2025); version 19 divides Defense Evasion and gives what is T1562 here other ids.
 */

const TECHNIQUES = {
  T1036: 'Masquerading',
  'T1036.005': 'Masquerading: Match Legitimate Resource Name or Location',
  T1068: 'Exploitation for Privilege Escalation',
  T1070: 'Indicator Removal',
  'T1136.001': 'Create Account: Local Account',
  T1133: 'External Remote Services',
  T1485: 'Data Destruction',
  T1496: 'Resource Hijacking',
  T1499: 'Endpoint Denial of Service',
  T1525: 'Implant Internal Image',
  T1543: 'Create or Modify System Process',
  'T1543.005': 'Create or Modify System Process: Container Service',
  T1562: 'Impair Defenses',
  'T1562.001': 'Impair Defenses: Disable or Modify Tools',
  T1609: 'Container Administration Command',
  T1610: 'Deploy Container',
  T1611: 'Escape to Host',
  'T1552.001': 'Unsecured Credentials: Credentials In Files',
  T1613: 'Container and Resource Discovery',
} as const;

export type TechniqueId = keyof typeof TECHNIQUES;

export function techniqueName(id: TechniqueId): string {
  return TECHNIQUES[id];
}

export function techniqueUrl(id: string): string {
  return `https://attack.mitre.org/techniques/${id.replace('.', '/')}/`;
}
