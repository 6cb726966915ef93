/* A Modbus master made of libmodbus: does one of everything and prints what it saw, a line each. */
#include <errno.h>
#include <modbus/modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static modbus_t *bus;

static void say(const char *what, int result) {
  if (result < 0) printf("%s: %s\n", what, modbus_strerror(errno));
  else printf("%s: %d\n", what, result);
}

static void words(const char *what, int result, const uint16_t *values, int count) {
  if (result < 0) {
    say(what, result);
    return;
  }
  printf("%s:", what);
  for (int i = 0; i < count; i++) printf(" %04X", values[i]);
  printf("\n");
}

static void bits(const char *what, int result, const uint8_t *values, int count) {
  if (result < 0) {
    say(what, result);
    return;
  }
  printf("%s: ", what);
  for (int i = 0; i < count; i++) printf("%d", values[i]);
  printf("\n");
}

/* rtu <path> <baud> <unit> | tcp <host> <port> <unit> */
int main(int argc, char **argv) {
  uint16_t r[128];
  uint8_t b[128];
  if (argc != 5) return 2;
  bus = strcmp(argv[1], "rtu") == 0 ? modbus_new_rtu(argv[2], atoi(argv[3]), 'N', 8, 1)
                                    : modbus_new_tcp(argv[2], atoi(argv[3]));
  if (!bus || modbus_set_slave(bus, atoi(argv[4])) || modbus_connect(bus)) {
    printf("connect: %s\n", modbus_strerror(errno));
    return 1;
  }
  modbus_set_response_timeout(bus, 2, 0);

  words("holding", modbus_read_registers(bus, 0, 8, r), r, 8);
  words("input", modbus_read_input_registers(bus, 0, 2, r), r, 2);
  bits("coils", modbus_read_bits(bus, 0, 10, b), b, 10);
  bits("discrete", modbus_read_input_bits(bus, 0, 3, b), b, 3);
  words("hole", modbus_read_registers(bus, 40, 1, r), r, 1);
  words("write-only", modbus_read_registers(bus, 30, 1, r), r, 1);

  say("write register", modbus_write_register(bus, 10, 0x1234));
  say("write write-only", modbus_write_register(bus, 30, 1));
  say("write read-only", modbus_write_register(bus, 0, 1));
  uint16_t three[] = {1, 0xFFFF, 0x8000};
  say("write registers", modbus_write_registers(bus, 11, 3, three));
  say("mask write", modbus_mask_write_register(bus, 10, 0x00F2, 0x0025));
  words("written", modbus_read_registers(bus, 10, 4, r), r, 4);
  uint16_t two[] = {7, 8};
  words("write and read", modbus_write_and_read_registers(bus, 12, 2, two, 10, 4, r), r, 4);
  say("write bit", modbus_write_bit(bus, 1, 1));
  uint8_t four[] = {1, 0, 1, 1};
  say("write bits", modbus_write_bits(bus, 5, 4, four));
  bits("written bits", modbus_read_bits(bus, 0, 10, b), b, 10);
  modbus_read_registers(bus, 4, 2, r);
  printf("float: %.3f\n", modbus_get_float_abcd(r));
  modbus_read_registers(bus, 6, 2, r);
  printf("float swapped: %.3f\n", modbus_get_float_cdab(r));

  modbus_close(bus);
  modbus_free(bus);
  return 0;
}
