/** What the doctor says about the OPC UA bus of a gateway that runs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { doctorVerb } from '../../../gateway/cli/doctor/doctor.ts';
import { ControlSocket, socketPath } from '../../../gateway/health/control-socket.ts';
import { systemClock } from '../../../gateway/host/clock.ts';
import { called } from '../../support/command-line.ts';
import { disposals } from '../../support/disposals.ts';
import { temporaryDirectory } from '../../support/journal-fixture.ts';

const disposed = disposals();

test('a server that does not let the gateway in is no matter of cables', async () => {
  const site = temporaryDirectory();
  writeFileSync(
    join(site, 'gateway.yaml'),
    `gateway: { id: box }
journal: { path: ./journal.db }
buses: { robot: { opcua: "opc.tcp://127.0.0.1:4840" } }
devices: { cell: { bus: robot, protocol: opcua, tags: {} } }
`,
  );
  const lastError = 'it does not let op in [opcua.login-refused]';
  const status = () => ({ buses: [{ name: 'robot', line: 'waiting', lastError, devices: [] }] });
  const control = new ControlSocket(socketPath(join(site, 'journal.db')), {
    status,
    image: () => [],
  });
  await control.open();
  disposed(control, (one) => one.close());
  const { stdout } = await called({ doctor: doctorVerb }, ['doctor', site], {
    clock: systemClock(),
  });
  expect(stdout).toContain('[doctor.server-away]');
  expect(stdout).toContain('[opcua.login-refused]');
  expect(stdout).toContain('docs/opcua-security.md');
  expect(stdout).not.toContain('cable');
});
