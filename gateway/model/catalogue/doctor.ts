import type { ErrorText } from '../errors.ts';

/** Findings of `headgate doctor`: the message is what was seen and what it means, the hint the next physical step. */
export const doctorErrors = {
  'doctor.all-well': {
    kind: 'operator',
    message: {
      en: 'all {units} unit(s) answer cleanly, the slowest after {slowest} ms',
      zh: '全部 {units} 台设备应答正常，最慢 {slowest} ms',
    },
    hint: { en: 'nothing to do', zh: '无需处理' },
  },
  'doctor.nobody-answers': {
    kind: 'operator',
    message: {
      en: 'nobody answered: {asked} questions at {settings} settings of the line brought not one byte that makes sense',
      zh: '没有任何设备应答：以 {settings} 种串口参数提问 {asked} 次，没有收到任何有意义的字节',
    },
    hint: {
      en: 'check that the devices have power; then measure between A and B at the first device: 0.2 V or more with everything connected, 0 V means a broken wire or the wrong terminals',
      zh: '先确认设备已上电；再在第一台设备处测量 A、B 之间的电压：全部接好时应有 0.2 V 以上，0 V 说明断线或接错端子',
    },
  },
  'doctor.nobody-behind-server': {
    kind: 'operator',
    message: {
      en: 'the serial server takes the connection, but nobody behind it answered {asked} questions; only its own {settings} port setting(s) could be tried',
      zh: '串口服务器可以连接，但其后没有设备应答（提问 {asked} 次）；只能使用它自身的 {settings} 种串口参数',
    },
    hint: {
      en: "open the serial server's own page and compare baud rate and parity of this port with the device; then check the power of the devices and the wires on A and B",
      zh: '打开串口服务器的设置页面，核对该口的波特率和校验与设备一致；再检查设备供电及 A、B 接线',
    },
  },
  'doctor.wires-swapped': {
    kind: 'operator',
    message: {
      en: 'A and B may be swapped: nobody understands us, and {glitches} time(s) single stray characters came ({hex})',
      zh: 'A、B 可能接反：设备都听不懂，且有 {glitches} 次收到零星字符（{hex}）',
    },
    hint: {
      en: 'swap the wires on A and B at the gateway, then run again; if still nobody answers, swap them back and go on with the first device',
      zh: '在网关处对调 A、B 两根线后重试；若仍无应答，恢复原样，再检查第一台设备',
    },
  },
  'doctor.baud-wrong': {
    kind: 'operator',
    message: {
      en: 'unit {unit} speaks {found}, not {configured}: the baud rate is wrong',
      zh: '设备 {unit} 的参数是 {found}，而不是 {configured}：波特率不对',
    },
    hint: {
      en: 'write baud and format of {found} for this bus or device, or set the device to {configured}',
      zh: '将该总线或设备的 baud 和 format 改为 {found}，或把设备设置为 {configured}',
    },
  },
  'doctor.parity-wrong': {
    kind: 'operator',
    message: {
      en: 'unit {unit} speaks {found}, not {configured}: the baud rate is right, the parity is wrong',
      zh: '设备 {unit} 的参数是 {found}，而不是 {configured}：波特率正确，校验位不对',
    },
    hint: {
      en: 'write the format of {found} for this bus or device, or set the device to {configured}',
      zh: '将该总线或设备的 format 改为 {found} 中的格式，或把设备设置为 {configured}',
    },
  },
  'doctor.protocol-other': {
    kind: 'operator',
    message: {
      en: 'nothing was heard of {asked} unit {missing}, but unit {unit} answers in {protocol} at {found}',
      zh: '{asked} 设备 {missing} 无应答，但设备 {unit} 以 {protocol} 协议应答，参数 {found}',
    },
    hint: {
      en: 'if that is the same device, write protocol: {protocol}, or choose {asked} in its menu; if it is another one, check power and address of the missing one',
      zh: '若是同一台设备，将 protocol 改为 {protocol}，或在设备菜单中选择 {asked}；若是另一台，请检查无应答设备的电源和地址',
    },
  },
  'doctor.unit-broadcast': {
    kind: 'operator',
    message: {
      en: '{unit} has unit number 0, which on a serial wire means all devices: most answer nothing to it',
      zh: '{unit} 的从站地址为 0，在串行线路上表示全部设备：多数设备不会应答',
    },
    hint: {
      en: 'set a number from 1 to 247 at the device and write it as "unit" in the site; headgate scan finds who is there',
      zh: '在设备上设置 1 到 247 的地址，并写入站点的“unit”；用 headgate scan 查找线上设备',
    },
  },
  'doctor.unit-silent': {
    kind: 'operator',
    message: {
      en: 'unit {unit} ({protocol}) stays silent ({asked} questions) while others on this bus answer',
      zh: '设备 {unit}（{protocol}）无应答（提问 {asked} 次），而同一总线上其他设备正常',
    },
    hint: {
      en: "the line itself works: check this device's power, its address in its menu, and the wires on its own A and B",
      zh: '总线本身正常：请检查该设备的供电、菜单中的地址以及它自己的 A、B 接线',
    },
  },
  'doctor.echo': {
    kind: 'operator',
    message: {
      en: 'the adapter hears itself: {echoed} of {asked} questions came back as an echo',
      zh: '适配器能听到自己：{asked} 次提问中有 {echoed} 次收到回显',
    },
    hint: {
      en: 'harmless here, the echo is dropped; for other software switch the echo off at the adapter (2-wire mode, RE tied to DE)',
      zh: '对本网关无影响，回显会被丢弃；如其他软件受影响，请在适配器上关闭回显（两线模式，RE 与 DE 相连）',
    },
  },
  'doctor.second-master': {
    kind: 'operator',
    message: {
      en: 'somebody else asks on this line: {frames} frame(s) that answer no question of ours',
      zh: '总线上还有另一个主站：收到 {frames} 帧不属于我们提问的数据',
    },
    hint: {
      en: 'find the other master (a display, a PLC, an old gateway) and disconnect it; a line has one master only',
      zh: '找到另一个主站（触摸屏、PLC 或旧网关）并断开；一条总线只能有一个主站',
    },
  },
  'doctor.babble': {
    kind: 'operator',
    message: {
      en: 'somebody sends without being asked, nothing of it readable: {bytes} bytes ({hex})',
      zh: '未提问就有数据不断发来，且无法识别：{bytes} 字节（{hex}）',
    },
    hint: {
      en: 'disconnect the devices one by one until it is silent: the last one babbles, or it is another master at other settings',
      zh: '逐台断开设备直到安静：最后断开的那台在乱发，或它是使用其他参数的另一个主站',
    },
  },
  'doctor.address-twice': {
    kind: 'operator',
    message: {
      en: 'two devices seem to have the address {unit} ({protocol}): {seen} question(s) brought two answers or one that is garbled each time',
      zh: '似乎有两台设备使用同一地址 {unit}（{protocol}）：{seen} 次提问收到两份应答或每次都是乱码',
    },
    hint: {
      en: 'disconnect one of the devices with that address, run again, and give one of them another address',
      zh: '断开其中一台该地址的设备后重试，并给其中一台改用其他地址',
    },
  },
  'doctor.answers-late': {
    kind: 'operator',
    message: {
      en: 'unit {unit} ({protocol}) answers, but only after {took} ms; the time-out is {timeout} ms',
      zh: '设备 {unit}（{protocol}）有应答，但要 {took} ms；超时设置为 {timeout} ms',
    },
    hint: {
      en: 'write timeout: {enough}ms for this device; if it used to be faster, look for a radio or converter in between',
      zh: '将该设备的 timeout 设为 {enough}ms；若以前更快，请检查中间的无线或转换设备',
    },
  },
  'doctor.noise': {
    kind: 'operator',
    message: {
      en: 'unit {unit} ({protocol}): {garbled} of {asked} answers were damaged on the way',
      zh: '设备 {unit}（{protocol}）：{asked} 次应答中有 {garbled} 次在途中损坏',
    },
    hint: {
      en: '120 Ω at both ends of the line and nowhere else; shield earthed at one end; keep the wire away from motor cables; try a lower baud rate',
      zh: '总线两端各接 120 Ω，其他位置不接；屏蔽层单端接地；远离动力电缆；可尝试降低波特率',
    },
  },
  'doctor.gateway-target': {
    kind: 'operator',
    message: {
      en: 'the gateway in between answers for unit {unit} with exception {exception}: it cannot reach the unit behind it',
      zh: '中间的网关以异常码 {exception} 代替设备 {unit} 应答：它联系不到后面的设备',
    },
    hint: {
      en: 'the network is fine: check the power of the unit, the wires behind that gateway, and the baud rate and unit number set there',
      zh: '网络正常：请检查该设备的供电、那台网关后面的接线，以及其中设置的波特率和站号',
    },
  },
  'doctor.host-unknown': {
    kind: 'operator',
    message: {
      en: 'no address is known for {resource}: {reason}',
      zh: '无法解析 {resource}：{reason}',
    },
    hint: {
      en: "check the spelling, or write the device's IP address instead of its name",
      zh: '检查拼写，或直接填写设备的 IP 地址',
    },
  },
  'doctor.host-unreachable': {
    kind: 'operator',
    message: {
      en: 'nothing is reached at {resource}: {reason}',
      zh: '无法到达 {resource}：{reason}',
    },
    hint: {
      en: 'check power and network cable of the device (lights at both plugs), then its IP address and mask; ping it from this machine',
      zh: '检查设备供电和网线（两端指示灯），再检查 IP 地址和掩码；从本机 ping 一下',
    },
  },
  'doctor.port-closed': {
    kind: 'operator',
    message: {
      en: 'the host is there, but refuses connections at {resource}',
      zh: '主机在线，但拒绝连接 {resource}',
    },
    hint: {
      en: "check the port number (Modbus TCP is 502), and whether Modbus TCP is switched on in the device's settings or blocked by its firewall",
      zh: '检查端口号（Modbus TCP 为 502），以及设备设置中是否启用了 Modbus TCP、是否被防火墙拦截',
    },
  },
  'doctor.turned-away': {
    kind: 'operator',
    message: {
      en: '{resource} takes the connection and ends it at once: {reason}',
      zh: '{resource} 接受连接后立即断开：{reason}',
    },
    hint: {
      en: 'many devices serve one client only: end the other program that is connected, or restart the device',
      zh: '许多设备只允许一个客户端：请关闭已连接的其他程序，或重启设备',
    },
  },
  'doctor.mute': {
    kind: 'operator',
    message: {
      en: '{resource} takes the connection and answers nothing ({asked} questions, {units} unit numbers)',
      zh: '{resource} 可以连接但毫无应答（提问 {asked} 次，{units} 个站号）',
    },
    hint: {
      en: 'restart the device; if it stays mute, the port may not be Modbus TCP, or a serial server may be in between: try rtu+tcp:// with its settings',
      zh: '重启设备；若仍无应答，该端口可能不是 Modbus TCP，或中间是串口服务器：请用 rtu+tcp:// 及其串口参数再试',
    },
  },
  'doctor.unit-wrong': {
    kind: 'operator',
    message: {
      en: 'unit {unit} does not answer at this address, but {found} does',
      zh: '该地址上站号 {unit} 无应答，但站号 {found} 有应答',
    },
    hint: {
      en: 'write unit: {found} for this device',
      zh: '将该设备的 unit 改为 {found}',
    },
  },
  'doctor.port-missing': {
    kind: 'operator',
    message: { en: 'there is no serial port {resource}', zh: '没有串口 {resource}' },
    hint: {
      en: 'plug the adapter in again and look into /dev/serial/by-path for its name',
      zh: '重新插拔适配器，并在 /dev/serial/by-path 中查找它的名称',
    },
  },
  'doctor.port-denied': {
    kind: 'operator',
    message: {
      en: 'this user may not open {resource}: {reason}',
      zh: '当前用户无权打开 {resource}：{reason}',
    },
    hint: {
      en: 'run as root, or add the user to the group of the port (dialout)',
      zh: '以 root 运行，或将用户加入串口所属的组（dialout）',
    },
  },
  'doctor.port-busy': {
    kind: 'operator',
    message: {
      en: 'another program holds {resource}: {reason}',
      zh: '{resource} 正被其他程序占用：{reason}',
    },
    hint: {
      en: 'end the other program, or stop the gateway (systemctl stop headgate), then run again',
      zh: '关闭该程序，或停止网关（systemctl stop headgate）后重试',
    },
  },
  'doctor.gateway-running': {
    kind: 'operator',
    message: {
      en: 'the gateway of this site runs and holds its buses; what is wrong with its devices stands below',
      zh: '该站点的网关正在运行并占用总线；设备如有问题列在下面',
    },
    hint: {
      en: 'for a full examination stop it (systemctl stop headgate) and run the doctor again',
      zh: '如需完整检查，请先停止网关（systemctl stop headgate）再运行 doctor',
    },
  },
  'doctor.device-down': {
    kind: 'operator',
    message: {
      en: 'device {device} on bus {bus} has been silent for {minutes} min ({silent} of {polls} polls without an answer)',
      zh: '总线 {bus} 上的设备 {device} 已无应答 {minutes} 分钟（{polls} 次轮询中 {silent} 次无应答）',
    },
    hint: {
      en: 'check its power and address; to find out more stop the gateway and run the doctor again',
      zh: '检查其供电和地址；如需进一步诊断，请停止网关后再运行 doctor',
    },
  },
  'doctor.tags-empty': {
    kind: 'operator',
    message: {
      en: 'device {device} answers, but {count} of its {all} tags have no value; {tag} is {quality}',
      zh: '设备 {device} 有应答，但其 {all} 个测点中有 {count} 个没有数值；{tag} 为 {quality}',
    },
    hint: {
      en: 'headgate status <site> --tags lists them. bad:device: the device refuses them or says that it has none, because it sleeps, the address is another one, or it lacks the option: compare with its manual, and name what it does not have under "skip". bad:comm: answers are missing or damaged',
      zh: '用 headgate status <站点> --tags 列出。bad:device：设备拒绝或声明无此值（休眠、地址不对或缺少该选件），请对照手册，并把设备没有的测点写入“skip”。bad:comm：应答缺失或损坏',
    },
  },
  'doctor.line-away': {
    kind: 'operator',
    message: {
      en: 'the gateway cannot open bus {bus}: {reason}',
      zh: '网关无法打开总线 {bus}：{reason}',
    },
    hint: {
      en: 'check the adapter or the network cable of this bus',
      zh: '检查该总线的适配器或网线',
    },
  },
  'doctor.server-away': {
    kind: 'operator',
    message: {
      en: 'the gateway has no connection to the OPC UA server of bus {bus}: {reason}',
      zh: '网关未能连接总线 {bus} 的 OPC UA 服务器：{reason}',
    },
    hint: {
      en: 'the code in brackets says what to do: the table in docs/opcua-security.md, or docs/ERRORS.md',
      zh: '按方括号中的代码处理：见 docs/opcua-security.zh-CN.md 中的表或 docs/ERRORS.md',
    },
  },
  'doctor.clock-unset': {
    kind: 'operator',
    message: {
      en: 'the clock of this machine was not set by anybody: it says {time}',
      zh: '本机时钟未经校准：当前显示 {time}',
    },
    hint: {
      en: 'connect the network with a time server; where no time service runs, set the clock by hand; samples are marked as unsynced until then; replace the battery of the clock if it happens after each power cut',
      zh: '连接可用的时间服务器；本机没有对时服务时手动校时；在此之前样本会标记为未同步；若每次断电后都如此，请更换时钟电池',
    },
  },
  'doctor.clock-alone': {
    kind: 'operator',
    message: {
      en: 'the time server has not answered for {hours} h; the clock of this machine runs by itself and says {time}',
      zh: '时间服务器已 {hours} 小时没有应答；本机时钟自行走时，当前显示 {time}',
    },
    hint: {
      en: 'look at the network cable and at the way to the time server (UDP port 123); a quartz loses up to some seconds a day meanwhile',
      zh: '检查网线以及到时间服务器的通路（UDP 123 端口）；其间石英钟每天可能偏差数秒',
    },
  },
  'doctor.disk-short': {
    kind: 'operator',
    message: {
      en: 'the disk of the journal has {free} MB left; the journal may still need {needed} MB',
      zh: '日志库所在磁盘剩余 {free} MB，而日志库可能还要占用 {needed} MB',
    },
    hint: {
      en: 'free some space, move the journal to a larger disk, or lower max_size',
      zh: '清理磁盘，将日志库移到更大的磁盘，或减小 max_size',
    },
  },
  'doctor.disk-unusable': {
    kind: 'operator',
    message: {
      en: 'the folder of the journal, {folder}, cannot be used: {reason}',
      zh: '日志库目录 {folder} 不可用：{reason}',
    },
    hint: {
      en: 'create it and let the user of the gateway write there; a card that turned read-only is worn out: replace it',
      zh: '创建该目录并允许网关用户写入；若存储卡变为只读，说明已磨损，请更换',
    },
  },
  'doctor.broker-unreachable': {
    kind: 'operator',
    message: {
      en: 'the broker of uplink {uplink}, {target}, is not reached: {reason}',
      zh: '无法连接上行 {uplink} 的代理 {target}：{reason}',
    },
    hint: {
      en: 'check the uplink network (SIM card, router, DNS) and whether a firewall lets this port out; nothing is lost meanwhile, the journal keeps it',
      zh: '检查上行网络（SIM 卡、路由器、DNS）以及防火墙是否放行该端口；期间数据保存在日志库中，不会丢失',
    },
  },
} as const satisfies Record<string, ErrorText>;
