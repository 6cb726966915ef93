/** The clients of the simulator's own hosts and receivers. */
export { connect, type MqttClient } from 'mqtt';
