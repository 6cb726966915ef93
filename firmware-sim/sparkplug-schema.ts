/**
 * The messages of Sparkplug B as another library reads and writes them: the numbers of the fields (specification §6), declared
 * for protobufjs. Shares nothing with the gateway.
 */
import protobuf from 'protobufjs';

/** Values stand one below another, from another number on in each message. */
const values = (from: number, further = '') => `oneof value {
  uint32 int_value = ${from}; uint64 long_value = ${from + 1}; float float_value = ${from + 2};
  double double_value = ${from + 3}; bool boolean_value = ${from + 4}; string string_value = ${from + 5}; ${further}
}`;

const SCHEMA = `syntax = "proto2";
message PropertyValue {
  optional uint32 type = 1; optional bool is_null = 2;
  ${values(3, 'PropertySet propertyset_value = 9;')}
}
message PropertySet { repeated string keys = 1; repeated PropertyValue values = 2; }
message MetaData { optional bool is_multi_part = 1; optional string content_type = 2; optional string description = 8; }
message DataSetValue { ${values(1)} }
message Row { repeated DataSetValue elements = 1; }
message DataSet {
  optional uint64 num_of_columns = 1; repeated string columns = 2; repeated uint32 types = 3; repeated Row rows = 4;
}
message Template {
  optional string version = 1; repeated Metric metrics = 2; optional string template_ref = 4;
  optional bool is_definition = 5;
}
message Metric {
  optional string name = 1; optional uint64 alias = 2; optional uint64 timestamp = 3; optional uint32 datatype = 4;
  optional bool is_historical = 5; optional bool is_transient = 6; optional bool is_null = 7;
  optional MetaData metadata = 8; optional PropertySet properties = 9;
  ${values(10, 'bytes bytes_value = 16; DataSet dataset_value = 17; Template template_value = 18;')}
}
message Payload {
  optional uint64 timestamp = 1; repeated Metric metrics = 2; optional uint64 seq = 3; optional string uuid = 4;
  optional bytes body = 5;
}`;

const PAYLOAD = protobuf.parse(SCHEMA).root.lookupType('Payload');

/** As it was sent: what was not sent is not there. 64-bit numbers are text. */
export interface SparkplugPayload {
  readonly timestamp?: string;
  readonly seq?: string;
  readonly uuid?: string;
  readonly metrics?: readonly SparkplugMetric[];
}

export interface SparkplugMetric {
  readonly name?: string;
  readonly alias?: string;
  readonly timestamp?: string;
  readonly datatype?: number;
  readonly isHistorical?: boolean;
  readonly isTransient?: boolean;
  readonly isNull?: boolean;
  readonly properties?: {
    readonly keys?: readonly string[];
    readonly values?: readonly SparkplugProperty[];
  };
  readonly intValue?: number;
  readonly longValue?: string;
  readonly floatValue?: number;
  readonly doubleValue?: number;
  readonly booleanValue?: boolean;
  readonly stringValue?: string;
  readonly bytesValue?: Uint8Array;
}

export interface SparkplugProperty {
  readonly type?: number;
  readonly intValue?: number;
  readonly longValue?: string;
  readonly doubleValue?: number;
  readonly booleanValue?: boolean;
  readonly stringValue?: string;
}

export const decodeSparkplug = (bytes: Uint8Array): SparkplugPayload =>
  PAYLOAD.toObject(PAYLOAD.decode(bytes), { longs: String });

/** Names of fields as above; 64-bit numbers as text or number. */
export const encodeSparkplug = (payload: object): Uint8Array =>
  PAYLOAD.encode(PAYLOAD.fromObject(payload)).finish();
