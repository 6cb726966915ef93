/*
 * A Modbus RTU slave by libmodbus, unit 17, for tests of the driver: nothing of it is ours but the values.
 * Usage: libmodbus-slave <tty>. Says "ready", then one line of JSON for each write it has obeyed: the function,
 * the address, and what now stands in the eight registers or coils from there, also as floats.
 */
#include <errno.h>
#include <math.h>
#include <modbus.h>
#include <stdio.h>
#include <string.h>

enum { UNIT = 17, BITS = 100, REGISTERS = 100, SHOWN = 8 };

static void put64(uint16_t *at, uint64_t value, const int order[4]) {
  for (int i = 0; i < 4; i++) at[order[i]] = (uint16_t)(value >> (48 - 16 * i));
}

static uint16_t swapped(uint16_t word) { return (uint16_t)((word << 8) | (word >> 8)); }

/* By their bits and not by modbus_set_float_abcd: before 3.1.7 it laid them out the other way round. */
enum { WORDS_SWAPPED = 1, BYTES_SWAPPED = 2 };

static void put32(uint16_t *at, uint32_t value, int order) {
  uint16_t high = (uint16_t)(value >> 16), low = (uint16_t)(value & 0xffff);
  if (order & BYTES_SWAPPED) high = swapped(high), low = swapped(low);
  at[0] = order & WORDS_SWAPPED ? low : high;
  at[1] = order & WORDS_SWAPPED ? high : low;
}

static uint32_t bitsOf(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static void tellFloat(const uint16_t *at, const char *name, int order) {
  uint16_t words[2];
  put32(words, ((uint32_t)at[0] << 16) | at[1], order);
  const uint32_t bits = ((uint32_t)words[0] << 16) | words[1];
  float value;
  memcpy(&value, &bits, sizeof value);
  if (isfinite(value)) printf("\"%s\":%.9g", name, value);
  else printf("\"%s\":null", name);
}

static void fill(modbus_mapping_t *map) {
  static const int big[4] = {0, 1, 2, 3}, wordsSwapped[4] = {3, 2, 1, 0};
  uint16_t *holding = map->tab_registers, *input = map->tab_input_registers;
  holding[0] = 65535;
  put32(holding + 2, (uint32_t)-1234, 0);
  for (int order = 0; order < 4; order++) {
    put32(holding + 4 + 2 * order, 0x12345678, order);
    put32(holding + 12 + 2 * order, bitsOf(230.25f), order);
  }
  put64(holding + 20, 9007199254740993ULL, big);
  put64(holding + 24, 9007199254740993ULL, wordsSwapped);
  put64(holding + 28, (uint64_t)-5LL, big);
  union {
    double number;
    uint64_t bits;
  } real = {123.456};
  put64(holding + 32, real.bits, big);
  put64(holding + 36, real.bits, wordsSwapped);
  for (int i = 0; i < 4; i++) holding[36 + i] = swapped(holding[36 + i]);
  holding[40] = 0x1234, holding[41] = 0x5678;                      /* BCD 12345678 */
  holding[42] = 5678, holding[43] = 1234;                          /* modulo 10 000, low word first */
  holding[44] = (uint16_t)-1234, holding[45] = (uint16_t)-5678;    /* with a sign in each register */
  memcpy(holding + 46, "BA1C", 4);                                 /* in memory order: "AB" "C1" on the wire */
  holding[48] = 0x8000;
  holding[50] = 2314, holding[51] = (uint16_t)-1;                  /* a number and its power of ten */
  for (int i = 60; i < REGISTERS; i++) holding[i] = (uint16_t)i;
  for (int i = 0; i < REGISTERS; i++) input[i] = (uint16_t)(1000 + i);
  for (int i = 0; i < BITS; i++) {
    map->tab_bits[i] = i % 3 == 0;
    map->tab_input_bits[i] = i % 5 == 0;
  }
}

static int isWrite(int function) {
  return function == 5 || function == 6 || function == 15 || function == 16 || function == 22 || function == 23;
}

static void tell(const modbus_mapping_t *map, int function, int address) {
  const int isCoil = function == 5 || function == 15;
  printf("{\"function\":%d,\"address\":%d,\"values\":[", function, address);
  for (int i = 0; i < SHOWN && address + i < REGISTERS; i++)
    printf("%s%d", i ? "," : "", isCoil ? map->tab_bits[address + i] : map->tab_registers[address + i]);
  printf("]");
  if (!isCoil && address + 1 < REGISTERS) {
    static const char *names[] = {"abcd", "cdab", "badc", "dcba"};
    printf(",\"floats\":{");
    for (int order = 0; order < 4; order++) {
      if (order) printf(",");
      tellFloat(map->tab_registers + address, names[order], order);
    }
    printf("}");
  }
  puts("}");
  fflush(stdout);
}

int main(int argc, char **argv) {
  modbus_t *slave = argc == 2 ? modbus_new_rtu(argv[1], 9600, 'N', 8, 1) : NULL;
  modbus_mapping_t *map = modbus_mapping_new(BITS, BITS, REGISTERS, REGISTERS);
  if (!slave || !map || modbus_set_slave(slave, UNIT) || modbus_connect(slave)) {
    fprintf(stderr, "%s\n", modbus_strerror(errno));
    return 1;
  }
  fill(map);
  puts("ready");
  fflush(stdout);
  for (;;) {
    uint8_t query[MODBUS_RTU_MAX_ADU_LENGTH];
    const int length = modbus_receive(slave, query);
    if (length < 0 && (errno == EIO || errno == EBADF || errno == ECONNRESET)) return 0;
    if (length <= 0) continue;
    const int answered = modbus_reply(slave, query, length, map);
    const int function = query[1];
    const int at = function == 23 ? 6 : 2;
    const int address = (query[at] << 8) | query[at + 1];
    const int refused = answered == 5; /* unit, function, exception, CRC */
    if (answered > 0 && !refused && isWrite(function)) tell(map, function, address);
  }
}
