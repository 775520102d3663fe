/** The far end of the benches of signalling, a process of its own: it sends its port to who forked it. */
import { createSocket, type RemoteInfo } from 'node:dgram';

const HOST = '127.0.0.1';

/** The least that answers: 180 and 200 to INVITE, 200 to BYE, and silence to RTP. One socket for all calls' sound. */
function answerCalls(): void {
  const sound = createSocket('udp4');
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
  socket.on('message', (datagram, from) => {
    const text = datagram.toString('latin1');
    const method = text.slice(0, text.indexOf(' '));
    if (method === 'INVITE') {
      const contact = `Contact: <sip:callee@${HOST}:${socket.address().port}>\r\n`;
      reply(text, from, '180 Ringing', contact, '');
      const type = 'Content-Type: application/sdp\r\n';
      reply(text, from, '200 OK', contact + type, description(sound.address().port));
    } else if (method === 'BYE' || method === 'OPTIONS') {
      reply(text, from, '200 OK', '', '');
    }
  });
  const reply = (request: string, from: RemoteInfo, status: string, more: string, body: string): void => {
    const lines = request.slice(0, request.indexOf('\r\n\r\n')).split('\r\n');
    const same = lines.filter((line) => /^(via|from|call-id|cseq|record-route):/i.test(line));
    const to = lines.find((line) => /^to:/i.test(line)) ?? '';
    const tagged = /;tag=/i.test(to) ? to : `${to};tag=callee`;
    socket.send(
      `SIP/2.0 ${status}\r\n${same.join('\r\n')}\r\n${tagged}\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`,
      from.port,
      from.address,
    );
  };
  sound.bind(0, HOST, () => socket.bind(0, HOST, () => process.send?.(socket.address().port)));
  process.on('disconnect', () => process.exit());
}

function description(port: number): string {
  return (
    `v=0\r\no=- 1 1 IN IP4 ${HOST}\r\ns=-\r\nc=IN IP4 ${HOST}\r\nt=0 0\r\n` +
    `m=audio ${port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n`
  );
}

answerCalls();
