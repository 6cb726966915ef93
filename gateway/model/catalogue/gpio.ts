import type { ErrorText } from '../errors.ts';

/** The pins of this machine. */
export const gpioErrors = {
  'gpio.unavailable': {
    kind: 'operator',
    message: {
      en: 'this machine offers no GPIO pins: {reason}',
      zh: '本机没有可用的 GPIO 引脚：{reason}',
    },
    hint: {
      en: 'on a board with pins install the package gpiod, or build the native part of onoff with npm run addon, and let the user of the gateway into the group gpio; the other buses run meanwhile',
      zh: '如果主板有 GPIO，请安装 gpiod 软件包，或用 npm run addon 编译 onoff 的本地模块，并将网关用户加入 gpio 组；其他总线照常运行',
    },
  },
  'gpio.chip-unknown': {
    kind: 'operator',
    message: {
      en: 'this machine has no GPIO chip {chip}; it has: {known}',
      zh: '本机没有 GPIO 芯片 {chip}；现有：{known}',
    },
    hint: {
      en: 'write the name or label of one of them, or gpio: auto',
      zh: '请填写其中一个的名称或标签，或写 gpio: auto',
    },
  },
  'gpio.line-unknown': {
    kind: 'operator',
    message: {
      en: 'chip {chip} has no line {line}',
      zh: '芯片 {chip} 没有线路 {line}',
    },
    hint: {
      en: 'gpioinfo prints the numbers and names of all lines; names are not known to every backend',
      zh: '用 gpioinfo 查看所有线路的编号和名称；并非每种后端都能识别名称',
    },
  },
  'gpio.line-refused': {
    kind: 'operator',
    message: {
      en: 'line {line} of chip {chip} cannot be used: {reason}',
      zh: '芯片 {chip} 的线路 {line} 无法使用：{reason}',
    },
    hint: {
      en: 'gpioinfo shows who uses it; a line of the kernel (SPI, LED, serial port) is freed in the device tree',
      zh: '用 gpioinfo 查看占用者；被内核占用（SPI、LED、串口）的线路需在设备树中释放',
    },
  },
  'gpio.line-lost': {
    kind: 'transient',
    message: {
      en: 'line {line} of chip {chip} was lost: {reason}',
      zh: '芯片 {chip} 的线路 {line} 已丢失：{reason}',
    },
    hint: {
      en: 'it is taken again by itself; edges in between are missing',
      zh: '将自动重新获取；期间的边沿会丢失',
    },
  },
  'gpio.chip-lost': {
    kind: 'transient',
    message: {
      en: 'the way to chip {chip} is gone: {reason}',
      zh: '与芯片 {chip} 的连接已断开：{reason}',
    },
    hint: {
      en: 'it is opened again by itself',
      zh: '将自动重新打开',
    },
  },
  'gpio.line-twice': {
    kind: 'operator',
    message: {
      en: 'line {line} belongs to {other} already',
      zh: '线路 {line} 已被 {other} 使用',
    },
    hint: {
      en: 'each line has one tag; a second meaning of the same contact is made by a rule',
      zh: '每条线路只能对应一个点；同一触点的其他含义请用规则实现',
    },
  },
  'gpio.address-form': {
    kind: 'operator',
    message: {
      en: 'an address of a pin is in, count or out and the number or name of a line, not {found}',
      zh: '引脚地址应为 in、count 或 out 加线路编号或名称，而不是 {found}',
    },
    hint: {
      en: 'write "in 17", "count GPIO27" or "out 22"',
      zh: '例如 "in 17"、"count GPIO27"、"out 22"',
    },
  },
  'gpio.option-unfit': {
    kind: 'operator',
    message: {
      en: '{key} means nothing for an address with {kind}',
      zh: '{key} 不适用于 {kind} 类型的地址',
    },
    hint: {
      en: 'take it out; in has active, bias and debounce, count has pulse, start, edge, max_rate, bias and debounce, out has the rest',
      zh: '请删除；in 可用 active、bias、debounce，count 可用 pulse、start、edge、max_rate、bias、debounce，其余属于 out',
    },
  },
  'gpio.start-form': {
    kind: 'operator',
    message: {
      en: 'the reading at commissioning is digits with a point, not {found}',
      zh: '投运读数应为带小数点的数字，而不是 {found}',
    },
    hint: {
      en: 'write it as the meter shows it, in quotes: "1234.56"',
      zh: '按表上显示填写并加引号："1234.56"',
    },
  },
  'gpio.loss-without-hold': {
    kind: 'operator',
    message: {
      en: 'at_loss says what happens when nobody writes any more, but hold does not say how long that takes',
      zh: 'at_loss 指定了无人写入时的状态，但 hold 未指定时长',
    },
    hint: { en: 'add hold: 60s, or take at_loss out', zh: '请添加 hold: 60s，或删除 at_loss' },
  },
  'gpio.not-output': {
    kind: 'operator',
    message: {
      en: '{tag} is an input; nothing can be written to it',
      zh: '{tag} 是输入，不能写入',
    },
    hint: { en: 'an address with out can be written', zh: '只有 out 地址可以写入' },
  },
  'gpio.not-switch': {
    kind: 'operator',
    message: {
      en: '{tag} is on or off; {found} is neither',
      zh: '{tag} 只能为开或关，而不是 {found}',
    },
    hint: { en: 'write true or false, 1 or 0', zh: '请写入 true 或 false、1 或 0' },
  },
  'gpio.switched-too-soon': {
    kind: 'transient',
    message: {
      en: '{tag} was switched a moment ago and has to stay {state} for another {wait} s',
      zh: '{tag} 刚刚切换过，需保持{state}状态，还剩 {wait} 秒',
    },
    hint: {
      en: 'min_on and min_off protect the contactor; give the command again then',
      zh: 'min_on 和 min_off 用于保护接触器；请届时重新下达命令',
    },
  },
  'gpio.output-down': {
    kind: 'transient',
    message: {
      en: '{tag} is not driven at the moment: {reason}',
      zh: '{tag} 当前未被驱动：{reason}',
    },
    hint: {
      en: 'the line is taken again by itself; give the command again then',
      zh: '线路将自动重新获取；请届时重新下达命令',
    },
  },
  'gpio.gateway-running': {
    kind: 'operator',
    message: {
      en: 'the gateway behind {path} is running and has the outputs',
      zh: '{path} 对应的网关正在运行，输出由其控制',
    },
    hint: {
      en: 'stop it: it drives the outputs to their at_stop states itself',
      zh: '请停止网关，它会自行将输出驱动到 at_stop 状态',
    },
  },
  'gpio.direction-slow': {
    kind: 'operator',
    message: {
      en: 'the direction pin {line} takes {switching} ms to switch by {backend}; an answer would be cut off',
      zh: '方向引脚 {line} 通过 {backend} 切换需要 {switching} 毫秒，会截断应答',
    },
    hint: {
      en: 'use the kernel RS-485 mode or an adapter with automatic direction; gpiod from version 2 on or sysfs would do',
      zh: '请使用内核 RS-485 模式或自动收发转换的适配器；gpiod 2 以上版本或 sysfs 也可以',
    },
  },
} as const satisfies Record<string, ErrorText>;
