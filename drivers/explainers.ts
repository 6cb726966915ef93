/** What `headgate decode` can explain, by the name of the protocol. */
import { cjt188Explainer } from './cjt188/explain.ts';
import { dlt645Explainer } from './dlt645/explain.ts';
import type { Explainer } from './explanation.ts';
import { modbusAsciiExplainer, modbusRtuExplainer, modbusTcpExplainer } from './modbus/explain.ts';

export const EXPLAINERS: ReadonlyMap<string, Explainer> = new Map<string, Explainer>(
  [
    modbusRtuExplainer,
    modbusTcpExplainer,
    modbusAsciiExplainer,
    dlt645Explainer,
    cjt188Explainer,
  ].map((explainer) => [explainer.protocol, explainer]),
);
