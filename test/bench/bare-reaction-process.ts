/** What a program without a gateway does: modbus-serial reads the register and writes the coil as soon as it differs. */
import modbusSerial from 'modbus-serial';

export interface BareReactionOrder {
  readonly port: number;
  readonly scanMs: number;
}

const { port, scanMs } = JSON.parse(process.argv[2] ?? '{}') as BareReactionOrder;
const field = new modbusSerial.default();
await field.connectTCP('127.0.0.1', { port });
field.setID(1);
process.on('disconnect', () => process.exit(0));
let last = 0;
for (;;) {
  const { data } = await field.readHoldingRegisters(0, 1);
  const [value = 0] = data;
  if (value !== last) {
    last = value;
    await field.writeCoil(0, value > 0);
  }
  await new Promise((resolve) => setTimeout(resolve, scanMs));
}
