/** Rules that look at the wall clock: schedules of both manners, shifts, daily freezes, an alarm that comes again. */
export const CLOCK_RULES = `
gateway: { id: clock, timezone: Asia/Shanghai }
buses: { line: { tcp: h:502 } }
devices:
  press:
    bus: line
    protocol: modbus
    scan: 1s
    tags:
      level: { address: "holding:100 float32" }
      event: { address: "holding:102 float32" }
      volume: { address: "holding:104 float32", unit: m3 }
rules:
  five-minutes:
    schedule: { cron: "*/5 * * * *" }
    do: [ { record: tick, values: { level: press.level } } ]
  daily:
    schedule: { at: "12:10" }
    missed: run
    do: [ { record: day, values: { level: press.level } } ]
  never-empty:
    when: press.level >= 0
    alarm: { severity: low, message: { zh: "液位 {press.level}", en: "level {press.level}" }, realarm: 30m }
  cell-1:
    cell:
      running: press.level > 0
      cycle: { count: press.level, ideal: 5s }
    record: { every: shift, shifts: ["08:00", "12:15", "20:00"] }
  flat-7:
    combined_reading:
      premises: flat-7
      water: press.volume
      every: 15m
      within: 60s
      freeze: "00:00"
`;
