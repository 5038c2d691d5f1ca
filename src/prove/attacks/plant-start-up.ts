/** Put a file where cron, an init system, a login shell or the entrypoint of an image looks for what to run. */
import { createFile } from '../dropping.ts';
import { inDirectories } from '../image-files.ts';

const START_UP = [
  ...['/etc/cron.d', '/etc/init.d', '/etc/profile.d', '/etc/systemd/system', '/docker-entrypoint.d'],
  ...['/docker-entrypoint-initdb.d', '/etc/periodic/15min', '/etc/crontabs', '/var/spool/cron', '/etc/cron.daily'],
  ...['/etc/services.d', '/etc/cont-init.d', '/etc/runit', '/usr/lib/systemd/system'],
];

const attack = inDirectories(
  {
    id: 'plant-start-up',
    title: 'Put a file where cron, init or a login shell runs it',
    technique: 'T1543',
    why: 'What lies there is run at a time, at the start of the container or at the next login, with nobody asking for it.',
  },
  START_UP,
  4,
  (target, directory) => createFile(target, directory, '-start'),
);

export default attack;
