/*
 * An OPC UA server by open62541, for tests of the driver: nothing of it is ours but the nodes.
 * Usage: open62541-server <port> [--secure] [--reshuffle]. Says "ready", then one line of JSON for each thing that
 * happens: {"sessions":now,"ever":n}, {"fast":n}, {"slow":n}, {"write":"node","value":{...}}, {"call":"node",...}.
 * --secure: Basic256Sha256 and Aes256-Sha256-RsaPss too, with a certificate made at the start.
 * --reshuffle: the same namespaces under other numbers.
 */
#include <open62541/plugin/accesscontrol_default.h>
#include <open62541/plugin/create_certificate.h>
#include <open62541/plugin/log_stdout.h>
#include <open62541/plugin/pki_default.h>
#include <open62541/server.h>
#include <open62541/server_config_default.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUES_URI "http://example.org/values/"
#define COUNTERS_URI "http://example.org/counters/"
#define APPLICATION_URI "urn:example:open62541"

enum { FAST_MS = 100, SLOW_MS = 1000, SESSIONS_MS = 10 };

static UA_UInt16 values, counters;

static void must(UA_StatusCode status, const char *what) {
  if (status == UA_STATUSCODE_GOOD) return;
  fprintf(stderr, "%s: %s\n", what, UA_StatusCode_name(status));
  exit(1);
}

static UA_NodeId id(UA_UInt16 namespace, const char *name) {
  return UA_NODEID_STRING(namespace, (char *)(uintptr_t)name);
}

static UA_QualifiedName called(UA_UInt16 namespace, const char *name) {
  return UA_QUALIFIEDNAME(namespace, (char *)(uintptr_t)name);
}

static UA_LocalizedText text(const char *locale, const char *words) {
  return UA_LOCALIZEDTEXT((char *)(uintptr_t)locale, (char *)(uintptr_t)words);
}

/* ---- what happens ---- */

static void tellValue(const char *what, const UA_NodeId *node, const void *value, const UA_DataType *type) {
  UA_String json = UA_STRING_NULL;
  must(UA_encodeJson(value, type, &json, NULL), "encode JSON");
  const UA_String name = node->identifier.string;
  printf("{\"%s\":\"%.*s\",\"value\":%.*s}\n", what, (int)name.length, (char *)name.data, (int)json.length,
         (char *)json.data);
  UA_String_clear(&json);
}

static void onWrite(UA_Server *server, const UA_NodeId *session, void *sessionContext, const UA_NodeId *node,
                    void *context, const UA_NumericRange *range, const UA_DataValue *data) {
  (void)server, (void)session, (void)sessionContext, (void)context, (void)range;
  tellValue("write", node, &data->value, &UA_TYPES[UA_TYPES_VARIANT]);
}

static UA_StatusCode onSetSpeed(UA_Server *server, const UA_NodeId *session, void *sessionContext,
                                const UA_NodeId *method, void *methodContext, const UA_NodeId *object,
                                void *objectContext, size_t inputs, const UA_Variant *input, size_t outputs,
                                UA_Variant *output) {
  (void)server, (void)session, (void)sessionContext, (void)methodContext, (void)object, (void)objectContext;
  (void)inputs;
  const UA_Double speed = *(UA_Double *)input[0].data;
  if (speed < 0) return UA_STATUSCODE_BADINVALIDARGUMENT;
  tellValue("call", method, &input[0], &UA_TYPES[UA_TYPES_VARIANT]);
  const UA_Double twice = 2 * speed;
  return outputs ? UA_Variant_setScalarCopy(output, &twice, &UA_TYPES[UA_TYPES_DOUBLE]) : UA_STATUSCODE_GOOD;
}

static UA_StatusCode onReset(UA_Server *server, const UA_NodeId *session, void *sessionContext,
                             const UA_NodeId *method, void *methodContext, const UA_NodeId *object,
                             void *objectContext, size_t inputs, const UA_Variant *input, size_t outputs,
                             UA_Variant *output) {
  (void)server, (void)session, (void)sessionContext, (void)methodContext, (void)object, (void)objectContext;
  (void)inputs, (void)input, (void)outputs, (void)output;
  const UA_Variant nothing = {0};
  tellValue("call", method, &nothing, &UA_TYPES[UA_TYPES_VARIANT]);
  return UA_STATUSCODE_GOOD;
}

static void watchSessions(UA_Server *server, void *data) {
  (void)data;
  static size_t open = (size_t)-1, ever;
  const UA_SessionStatistics now = UA_Server_getStatistics(server).ss;
  if (now.currentSessionCount == open && now.cumulatedSessionCount == ever) return;
  open = now.currentSessionCount, ever = now.cumulatedSessionCount;
  printf("{\"sessions\":%zu,\"ever\":%zu}\n", open, ever);
}

/* Each counter's next value, with the time at which it became so. */
static void count(UA_Server *server, void *name) {
  static UA_UInt32 fast, slow;
  const UA_Boolean isFast = strcmp(name, "fast") == 0;
  UA_UInt32 *counter = isFast ? &fast : &slow;
  ++*counter;
  UA_DataValue value = {0};
  UA_Variant_setScalar(&value.value, counter, &UA_TYPES[UA_TYPES_UINT32]);
  value.hasValue = value.hasSourceTimestamp = true;
  value.sourceTimestamp = UA_DateTime_now();
  /* Told first: whoever is told of it by the server can already read it here. */
  printf("{\"%s\":%u}\n", (char *)name, *counter);
  must(UA_Server_writeDataValue(server, id(counters, name), value), "count");
}

/* ---- nodes ---- */

static UA_NodeId object(UA_Server *server, UA_UInt16 namespace, const char *name) {
  UA_ObjectAttributes attributes = UA_ObjectAttributes_default;
  attributes.displayName = text("en", name);
  must(UA_Server_addObjectNode(server, id(namespace, name), UA_NODEID_NUMERIC(0, UA_NS0ID_OBJECTSFOLDER),
                               UA_NODEID_NUMERIC(0, UA_NS0ID_ORGANIZES), called(namespace, name),
                               UA_NODEID_NUMERIC(0, UA_NS0ID_BASEOBJECTTYPE), attributes, NULL, NULL),
       name);
  return id(namespace, name);
}

typedef struct {
  UA_NodeId parent;
  UA_UInt16 namespace;
  UA_Boolean isWritable;
  /* Other than that of the value; null: its own. */
  UA_NodeId dataType;
} Place;

static void variable(UA_Server *server, Place place, const char *name, const UA_Variant *value) {
  UA_VariableAttributes attributes = UA_VariableAttributes_default;
  attributes.displayName = text("en", name);
  attributes.value = *value;
  attributes.dataType = UA_NodeId_isNull(&place.dataType) ? value->type->typeId : place.dataType;
  attributes.valueRank = UA_Variant_isScalar(value) ? UA_VALUERANK_SCALAR
                         : value->arrayDimensionsSize ? (UA_Int32)value->arrayDimensionsSize
                                                      : UA_VALUERANK_ONE_DIMENSION;
  UA_UInt32 anyLength = 0;
  attributes.arrayDimensionsSize = value->arrayDimensionsSize;
  attributes.arrayDimensions = value->arrayDimensions;
  if (attributes.valueRank == UA_VALUERANK_ONE_DIMENSION)
    attributes.arrayDimensionsSize = 1, attributes.arrayDimensions = &anyLength;
  attributes.accessLevel = UA_ACCESSLEVELMASK_READ | (place.isWritable ? UA_ACCESSLEVELMASK_WRITE : 0);
  const UA_NodeId node = id(place.namespace, name);
  must(UA_Server_addVariableNode(server, node, place.parent, UA_NODEID_NUMERIC(0, UA_NS0ID_HASCOMPONENT),
                                 called(place.namespace, name),
                                 UA_NODEID_NUMERIC(0, UA_NS0ID_BASEDATAVARIABLETYPE), attributes, NULL, NULL),
       name);
  must(UA_Server_setVariableNodeDynamic(server, node, true), name);
  const UA_ValueCallback callback = {.onWrite = onWrite};
  if (place.isWritable) must(UA_Server_setVariableNode_valueCallback(server, node, callback), name);
}

static void scalar(UA_Server *server, Place place, const char *name, const void *value, size_t type) {
  UA_Variant variant = {0};
  UA_Variant_setScalar(&variant, (void *)(uintptr_t)value, &UA_TYPES[type]);
  variable(server, place, name, &variant);
}

static void array(UA_Server *server, Place place, const char *name, const void *first, size_t length, size_t type) {
  UA_Variant variant = {0};
  UA_Variant_setArray(&variant, (void *)(uintptr_t)first, length, &UA_TYPES[type]);
  variable(server, place, name, &variant);
}

#define SCALAR(place, name, ctype, type, ...) \
  do {                                        \
    const ctype value_ = __VA_ARGS__;         \
    scalar(server, place, name, &value_, type); \
  } while (0)

static void addScalars(UA_Server *server, Place at) {
  SCALAR(at, "Boolean", UA_Boolean, UA_TYPES_BOOLEAN, true);
  SCALAR(at, "SByte", UA_SByte, UA_TYPES_SBYTE, -128);
  SCALAR(at, "Byte", UA_Byte, UA_TYPES_BYTE, 255);
  SCALAR(at, "Int16", UA_Int16, UA_TYPES_INT16, INT16_MIN);
  SCALAR(at, "UInt16", UA_UInt16, UA_TYPES_UINT16, UINT16_MAX);
  SCALAR(at, "Int32", UA_Int32, UA_TYPES_INT32, INT32_MIN);
  SCALAR(at, "UInt32", UA_UInt32, UA_TYPES_UINT32, UINT32_MAX);
  SCALAR(at, "Int64.Min", UA_Int64, UA_TYPES_INT64, INT64_MIN);
  SCALAR(at, "Int64.Max", UA_Int64, UA_TYPES_INT64, INT64_MAX);
  SCALAR(at, "Int64.Odd", UA_Int64, UA_TYPES_INT64, 9007199254740993LL);
  SCALAR(at, "UInt64.Max", UA_UInt64, UA_TYPES_UINT64, UINT64_MAX);
  SCALAR(at, "Float", UA_Float, UA_TYPES_FLOAT, 0.1f);
  SCALAR(at, "Double", UA_Double, UA_TYPES_DOUBLE, 0.1);
  SCALAR(at, "NaN", UA_Double, UA_TYPES_DOUBLE, strtod("nan", NULL));
  SCALAR(at, "String", UA_String, UA_TYPES_STRING, UA_STRING("油温 °C"));
  SCALAR(at, "DateTime", UA_DateTime, UA_TYPES_DATETIME,
         UA_DATETIME_UNIX_EPOCH + 1732345678123LL * UA_DATETIME_MSEC);
  SCALAR(at, "Guid", UA_Guid, UA_TYPES_GUID, {0x12345678, 0x9abc, 0xdef0, {1, 2, 3, 4, 5, 6, 7, 8}});
  SCALAR(at, "ByteString", UA_ByteString, UA_TYPES_BYTESTRING, UA_BYTESTRING("\x01\x7f\xff"));
  SCALAR(at, "LocalizedText", UA_LocalizedText, UA_TYPES_LOCALIZEDTEXT, text("zh-CN", "运行中"));
  SCALAR(at, "QualifiedName", UA_QualifiedName, UA_TYPES_QUALIFIEDNAME, called(at.namespace, "spindle"));
  SCALAR(at, "NodeId", UA_NodeId, UA_TYPES_NODEID, UA_NODEID_NUMERIC(0, 85));
  SCALAR(at, "StatusCode", UA_StatusCode, UA_TYPES_STATUSCODE, UA_STATUSCODE_BADTIMEOUT);
  SCALAR(at, "Range", UA_Range, UA_TYPES_RANGE, {-1.5, 2.5});
  SCALAR(at, "Argument", UA_Argument, UA_TYPES_ARGUMENT,
         {UA_STRING("speed"), UA_NODEID_NUMERIC(0, 11), -1, 0, NULL, text("en", "of the spindle")});
}

static void addArrays(UA_Server *server, Place at) {
  const UA_Int32 numbers[] = {10, 20, 30};
  const UA_Int64 longs[] = {INT64_MIN, 0, INT64_MAX};
  const UA_String words[] = {UA_STRING("a"), UA_STRING("二")};
  array(server, at, "Int32[]", numbers, 3, UA_TYPES_INT32);
  array(server, at, "Int64[]", longs, 3, UA_TYPES_INT64);
  array(server, at, "String[]", words, 2, UA_TYPES_STRING);
  array(server, at, "Empty[]", UA_EMPTY_ARRAY_SENTINEL, 0, UA_TYPES_DOUBLE);
  UA_Double cells[] = {1, 2, 3, 4, 5, 6};
  UA_UInt32 dimensions[] = {2, 3};
  UA_Variant matrix = {0};
  UA_Variant_setArray(&matrix, cells, 6, &UA_TYPES[UA_TYPES_DOUBLE]);
  matrix.arrayDimensions = dimensions, matrix.arrayDimensionsSize = 2;
  variable(server, at, "Matrix", &matrix);
}

/* ---- types of its own ---- */

typedef struct {
  UA_Double x, y;
  UA_UInt32 count;
} Position;

static UA_DataTypeMember positionMembers[] = {
    {.memberName = "x", .memberType = &UA_TYPES[UA_TYPES_DOUBLE]},
    {.memberName = "y", .memberType = &UA_TYPES[UA_TYPES_DOUBLE]},
    {.memberName = "count", .memberType = &UA_TYPES[UA_TYPES_UINT32]},
};
enum { MODE, POSITION };
static UA_DataType types[] = {
    [MODE] = {.typeName = "Mode",
              .memSize = sizeof(UA_Int32),
              .typeKind = UA_DATATYPEKIND_ENUM,
              .pointerFree = true},
    [POSITION] = {.typeName = "Position",
                  .memSize = sizeof(Position),
                  .typeKind = UA_DATATYPEKIND_STRUCTURE,
                  .pointerFree = true,
                  .membersSize = 3,
                  .members = positionMembers},
};
static const UA_DataTypeArray ownTypes = {NULL, sizeof types / sizeof *types, types, false};

static UA_NodeId dataType(UA_Server *server, UA_UInt16 namespace, UA_DataType *type, UA_UInt32 parent) {
  UA_DataTypeAttributes attributes = UA_DataTypeAttributes_default;
  attributes.displayName = text("en", type->typeName);
  type->typeId = id(namespace, type->typeName);
  must(UA_Server_addDataTypeNode(server, type->typeId, UA_NODEID_NUMERIC(0, parent),
                                 UA_NODEID_NUMERIC(0, UA_NS0ID_HASSUBTYPE), called(namespace, type->typeName),
                                 attributes, NULL, NULL),
       type->typeName);
  return type->typeId;
}

static void addStructure(UA_Server *server, Place at) {
  UA_DataType *type = &types[POSITION];
  const UA_NodeId node = dataType(server, at.namespace, type, UA_NS0ID_STRUCTURE);
  type->binaryEncodingId = id(at.namespace, "Position.Binary");
  UA_ObjectAttributes attributes = UA_ObjectAttributes_default;
  attributes.displayName = text("en", "Default Binary");
  must(UA_Server_addObjectNode(server, type->binaryEncodingId, UA_NODEID_NULL, UA_NODEID_NULL,
                               called(0, "Default Binary"),
                               UA_NODEID_NUMERIC(0, UA_NS0ID_DATATYPEENCODINGTYPE), attributes, NULL, NULL),
       "Position.Binary");
  const UA_ExpandedNodeId encoding = {.nodeId = type->binaryEncodingId};
  must(UA_Server_addReference(server, node, UA_NODEID_NUMERIC(0, UA_NS0ID_HASENCODING), encoding, true),
       "Position.Binary");
  Position position = {1.5, -2.5, 7};
  UA_Variant value = {0};
  UA_Variant_setScalar(&value, &position, type);
  variable(server, at, "Position.Value", &value);
}

/* An enumeration, as OPC 10000-3 section 8.14 and 8.40 has it: a type with EnumStrings. */
static void addEnumeration(UA_Server *server, Place at) {
  const UA_NodeId type = dataType(server, at.namespace, &types[MODE], UA_NS0ID_ENUMERATION);
  UA_LocalizedText names[] = {text("en", "Idle"), text("en", "Running"), text("en", "Fault")};
  UA_VariableAttributes strings = UA_VariableAttributes_default;
  UA_Variant_setArray(&strings.value, names, 3, &UA_TYPES[UA_TYPES_LOCALIZEDTEXT]);
  strings.displayName = text("en", "EnumStrings");
  strings.dataType = UA_TYPES[UA_TYPES_LOCALIZEDTEXT].typeId;
  UA_UInt32 anyLength = 0;
  strings.valueRank = UA_VALUERANK_ONE_DIMENSION;
  strings.arrayDimensionsSize = 1, strings.arrayDimensions = &anyLength;
  must(UA_Server_addVariableNode(server, id(at.namespace, "Mode.EnumStrings"), type,
                                 UA_NODEID_NUMERIC(0, UA_NS0ID_HASPROPERTY), called(0, "EnumStrings"),
                                 UA_NODEID_NUMERIC(0, UA_NS0ID_PROPERTYTYPE), strings, NULL, NULL),
       "EnumStrings");
  at.dataType = type;
  SCALAR(at, "Enumeration", UA_Int32, UA_TYPES_INT32, 1);
}

/* Values whose status is not plainly good. */
static void addQualities(UA_Server *server, Place at) {
  static const struct {
    const char *name;
    UA_StatusCode status;
  } kinds[] = {
      {"Status.Uncertain", UA_STATUSCODE_UNCERTAINLASTUSABLEVALUE},
      {"Status.Bad", UA_STATUSCODE_BADSENSORFAILURE},
      {"Status.Clamped", UA_STATUSCODE_GOODCLAMPED},
  };
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    UA_Double five = 5;
    SCALAR(at, kinds[i].name, UA_Double, UA_TYPES_DOUBLE, five);
    UA_DataValue value = {.hasValue = true, .hasStatus = true, .hasSourceTimestamp = true};
    UA_Variant_setScalar(&value.value, &five, &UA_TYPES[UA_TYPES_DOUBLE]);
    value.status = kinds[i].status;
    value.sourceTimestamp = UA_DateTime_now();
    must(UA_Server_writeDataValue(server, id(at.namespace, kinds[i].name), value), kinds[i].name);
  }
}

static void addWritable(UA_Server *server, Place at) {
  const UA_Int32 numbers[] = {1, 2, 3};
  at.isWritable = true;
  SCALAR(at, "Write.Boolean", UA_Boolean, UA_TYPES_BOOLEAN, false);
  SCALAR(at, "Write.Byte", UA_Byte, UA_TYPES_BYTE, 0);
  SCALAR(at, "Write.Int16", UA_Int16, UA_TYPES_INT16, 0);
  SCALAR(at, "Write.Int64", UA_Int64, UA_TYPES_INT64, 0);
  SCALAR(at, "Write.UInt64", UA_UInt64, UA_TYPES_UINT64, 0);
  SCALAR(at, "Write.Float", UA_Float, UA_TYPES_FLOAT, 0);
  SCALAR(at, "Write.Double", UA_Double, UA_TYPES_DOUBLE, 0);
  SCALAR(at, "Write.String", UA_String, UA_TYPES_STRING, UA_STRING(""));
  SCALAR(at, "Write.LocalizedText", UA_LocalizedText, UA_TYPES_LOCALIZEDTEXT, text("zh-CN", ""));
  array(server, at, "Write.Int32[]", numbers, 3, UA_TYPES_INT32);
  at.dataType = id(at.namespace, "Mode");
  SCALAR(at, "Write.Mode", UA_Int32, UA_TYPES_INT32, 0);
}

static void method(UA_Server *server, Place at, const char *name, UA_MethodCallback run, size_t arguments) {
  UA_Argument speed = {0}, twice = {0};
  speed.name = UA_STRING("speed"), twice.name = UA_STRING("twice");
  speed.dataType = twice.dataType = UA_TYPES[UA_TYPES_DOUBLE].typeId;
  speed.valueRank = twice.valueRank = UA_VALUERANK_SCALAR;
  UA_MethodAttributes attributes = UA_MethodAttributes_default;
  attributes.displayName = text("en", name);
  attributes.executable = attributes.userExecutable = true;
  must(UA_Server_addMethodNode(server, id(at.namespace, name), at.parent,
                               UA_NODEID_NUMERIC(0, UA_NS0ID_HASCOMPONENT), called(at.namespace, name), attributes,
                               run, arguments, &speed, arguments, &twice, NULL, NULL),
       name);
}

/* ---- the server ---- */

static void secure(UA_ServerConfig *config) {
  UA_String subject[] = {UA_STRING("C=CN"), UA_STRING("O=Headgate tests"), UA_STRING("CN=open62541")};
  UA_String names[] = {UA_STRING("DNS:localhost"), UA_STRING("IP:127.0.0.1"), UA_STRING("URI:" APPLICATION_URI)};
  UA_KeyValueMap *parameters = UA_KeyValueMap_new();
  const UA_UInt16 bits = 2048;
  UA_KeyValueMap_setScalar(parameters, UA_QUALIFIEDNAME(0, "key-size-bits"), (void *)(uintptr_t)&bits,
                           &UA_TYPES[UA_TYPES_UINT16]);
  UA_ByteString key = UA_BYTESTRING_NULL, certificate = UA_BYTESTRING_NULL;
  must(UA_CreateCertificate(config->logging, subject, 3, names, 3, UA_CERTIFICATEFORMAT_DER, parameters, &key,
                            &certificate),
       "make a certificate");
  UA_KeyValueMap_delete(parameters);
  must(UA_ServerConfig_addSecurityPolicyBasic256Sha256(config, &certificate, &key), "Basic256Sha256");
  must(UA_ServerConfig_addSecurityPolicyAes256Sha256RsaPss(config, &certificate, &key), "Aes256");
}

static void configure(UA_ServerConfig *config, UA_UInt16 port, UA_Boolean isSecure) {
  must(UA_ServerConfig_setMinimal(config, port, NULL), "configure");
  /* A server that was killed leaves its port in TIME_WAIT. */
  config->tcpReuseAddr = true;
  config->samplingIntervalLimits.min = 5;
  config->publishingIntervalLimits.min = 5;
  config->allowNonePolicyPassword = true;
  UA_String_clear(&config->applicationDescription.applicationUri);
  config->applicationDescription.applicationUri = UA_STRING_ALLOC(APPLICATION_URI);
  /* Who trusts whom is the client's affair in these tests. */
  if (config->secureChannelPKI.clear) config->secureChannelPKI.clear(&config->secureChannelPKI);
  if (config->sessionPKI.clear) config->sessionPKI.clear(&config->sessionPKI);
  UA_CertificateVerification_AcceptAll(&config->secureChannelPKI);
  UA_CertificateVerification_AcceptAll(&config->sessionPKI);
  if (isSecure) secure(config);
  static const UA_UsernamePasswordLogin logins[] = {{UA_STRING_STATIC("operator"), UA_STRING_STATIC("secret")}};
  must(UA_AccessControl_default(config, true, NULL, 1, logins), "access control");
  for (size_t i = 0; i < config->endpointsSize; i++) UA_EndpointDescription_clear(&config->endpoints[i]);
  UA_free(config->endpoints);
  config->endpoints = NULL, config->endpointsSize = 0;
  must(UA_ServerConfig_addAllEndpoints(config), "endpoints");
}

static void addNodes(UA_Server *server, UA_Boolean isReshuffled) {
  if (isReshuffled) UA_Server_addNamespace(server, "http://example.org/new/");
  if (isReshuffled) counters = UA_Server_addNamespace(server, COUNTERS_URI);
  values = UA_Server_addNamespace(server, VALUES_URI);
  if (!isReshuffled) counters = UA_Server_addNamespace(server, COUNTERS_URI);
  UA_Server_getConfig(server)->customDataTypes = &ownTypes;
  Place at = {.parent = object(server, values, "Machine"), .namespace = values, .dataType = UA_NODEID_NULL};
  addScalars(server, at);
  addArrays(server, at);
  addEnumeration(server, at);
  addStructure(server, at);
  addQualities(server, at);
  addWritable(server, at);
  method(server, at, "SetSpeed", onSetSpeed, 1);
  method(server, at, "Reset", onReset, 0);
  at.parent = object(server, counters, "Counters"), at.namespace = counters;
  SCALAR(at, "fast", UA_UInt32, UA_TYPES_UINT32, 0);
  SCALAR(at, "slow", UA_UInt32, UA_TYPES_UINT32, 0);
  must(UA_Server_addRepeatedCallback(server, count, "fast", FAST_MS, NULL), "fast");
  must(UA_Server_addRepeatedCallback(server, count, "slow", SLOW_MS, NULL), "slow");
  must(UA_Server_addRepeatedCallback(server, watchSessions, NULL, SESSIONS_MS, NULL), "sessions");
}

static volatile UA_Boolean isRunning = true;
static void stop(int signal) {
  (void)signal;
  isRunning = false;
}

int main(int argc, char **argv) {
  UA_Boolean isSecure = false, isReshuffled = false;
  for (int i = 2; i < argc; i++) {
    isSecure |= strcmp(argv[i], "--secure") == 0;
    isReshuffled |= strcmp(argv[i], "--reshuffle") == 0;
  }
  if (argc < 2) return fprintf(stderr, "usage: %s <port> [--secure] [--reshuffle]\n", argv[0]), 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  signal(SIGTERM, stop);
  UA_ServerConfig config = {0};
  config.logging = UA_Log_Stdout_new(UA_LOGLEVEL_FATAL);
  configure(&config, (UA_UInt16)atoi(argv[1]), isSecure);
  UA_Server *server = UA_Server_newWithConfig(&config);
  if (!server) return fputs("no server\n", stderr), 1;
  addNodes(server, isReshuffled);
  must(UA_Server_run_startup(server), "start");
  puts("ready");
  while (isRunning) UA_Server_run_iterate(server, true);
  UA_Server_run_shutdown(server);
  UA_Server_delete(server);
  return 0;
}
