/** What the verbs take that can talk to an OPC UA server. Loads nothing of OPC UA by itself. */
import { OPCUA_SECURITIES } from '../../../config/site.ts';
import type { VerbOption } from '../verb.ts';

/** Whether a bus on the command line is an OPC UA server. */
export const isOpcuaUrl = (text: string): boolean => /^opc\.tcp:\/\//i.test(text);

/** How to get into a server. */
export const OPCUA_FLAGS = {
  security: {
    type: 'string',
    placeholder: OPCUA_SECURITIES.join('|'),
    help: {
      en: 'security of an OPC UA connection; the strongest the server offers when left out, None only when written',
      zh: 'OPC UA 连接的安全策略；缺省取服务器提供的最强策略，None 必须明确写出',
    },
  },
  user: {
    type: 'string',
    placeholder: 'name',
    help: {
      en: 'log in to an OPC UA server with a password',
      zh: '以用户名和密码登录 OPC UA 服务器',
    },
  },
  'password-file': {
    type: 'string',
    placeholder: 'file',
    help: {
      en: 'a file with the password of --user; a password on the command line could be read by others',
      zh: '存放 --user 密码的文件；命令行中的密码可能被他人看到',
    },
  },
  pki: {
    type: 'string',
    placeholder: 'folder',
    help: {
      en: "keys and trusted OPC UA servers, such as a site's data/pki/opcua (~/.config/headgate/pki)",
      zh: '密钥和受信任的 OPC UA 服务器目录，如站点的 data/pki/opcua（默认 ~/.config/headgate/pki）',
    },
  },
  trust: {
    type: 'string',
    placeholder: 'fingerprint',
    help: {
      en: 'from now on trust the OPC UA server whose certificate has this SHA-256 (in --pki)',
      zh: '从此信任证书 SHA-256 为该指纹的 OPC UA 服务器（保存在 --pki 中）',
    },
  },
} as const satisfies Record<string, VerbOption>;
