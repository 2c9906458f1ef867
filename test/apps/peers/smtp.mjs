/** A server of SMTP on the kernel's TCP, which takes every mail and says how long it was. */
import { SMTPServer } from 'smtp-server';

const server = new SMTPServer({
  disabledCommands: ['AUTH'],
  disableReverseLookup: true,
  onData(stream, session, done) {
    let text = '';
    stream.on('data', (part) => (text += part));
    stream.on('end', () => {
      const [, body] = text.split('\r\n\r\n');
      const layer = session.secure ? 'TLS' : 'the clear';
      done(null, `"${body.trim()}" from ${session.remoteAddress}, in ${layer}`);
    });
  },
});
server.listen(25);
