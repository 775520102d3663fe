/** What this folder uses of the package smpp, which has no types of its own: its PDUs, and for tests its server. */
declare module 'smpp' {
  import type { EventEmitter } from 'node:events';
  import type { Server as NetServer, Socket } from 'node:net';

  export type Field = string | number | Buffer;

  export class PDU {
    constructor(octets: Buffer);
    constructor(command: string, fields?: Record<string, Field>);
    static maxLength: number;
    /** `unknown` where the library has no such command. */
    command: string;
    command_id: number;
    command_status: number;
    sequence_number: number;
    isResponse(): boolean;
    response(fields?: Record<string, Field>): PDU;
    toBuffer(): Buffer;
  }

  interface FieldType {
    read: (octets: Buffer, offset: number, length?: number) => unknown;
  }
  interface Command {
    id: number;
    params?: Record<string, { type: FieldType }>;
  }

  /** The server's half; tests only. */
  export class Session extends EventEmitter {
    socket: Socket;
    send(pdu: PDU, onResponse?: (response: PDU) => void): boolean;
    deliver_sm(fields: Record<string, unknown>, onResponse?: (response: PDU) => void): boolean;
    enquire_link(onResponse?: (response: PDU) => void): boolean;
    close(): void;
    destroy(): void;
  }

  const library: {
    PDU: typeof PDU;
    commands: Record<string, Command>;
    errors: Record<string, number>;
    types: { int8: FieldType; cstring: FieldType; buffer: FieldType; tlv: { buffer: FieldType } };
    addCommand(name: string, command: Command): void;
    addTLV(name: string, tlv: { id: number; type: FieldType }): void;
    createServer(options: { key?: string; cert?: string }, onSession: (session: Session) => void): NetServer;
  };
  export default library;
}
