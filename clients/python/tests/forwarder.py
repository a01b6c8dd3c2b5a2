"""A TCP forwarder between client and service that breaks real connections."""
import contextlib
import re
import select
import socket
import threading


class Forwarder:
    """Listens on a port of its own. Its nth connection is treated by the nth word of `plan`, later
    ones are passed on:

    pass     forwarded both ways
    refuse   closed before anything is read
    swallow  the request reaches the service; its answer is read, dropped, and the connection closed
    silence  the same, but the connection stays open and mute
    """

    def __init__(self, port, *plan):
        self.target, self.plan = port, list(plan)
        self.requests = []  # bytes from the client, one entry a connection
        self.closing = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.threads = [threading.Thread(target=self._accept)]
        self.threads[0].start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closing.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(10)

    def headers(self, name):
        """The values of a header, in the order in which requests came in."""
        pattern = rf"\r\n{name}: ([^\r]*)\r\n".encode()
        return [value.decode() for sent in self.requests
                for value in re.findall(pattern, bytes(sent), re.I)]

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            number = len(self.requests)
            self.requests.append(bytearray())
            word = self.plan[number] if number < len(self.plan) else "pass"
            thread = threading.Thread(target=self._serve, args=(client, word, number))
            self.threads.append(thread)
            thread.start()

    def _serve(self, client, word, number):
        with client:
            if word == "refuse":
                return
            with socket.create_connection(("127.0.0.1", self.target)) as service, \
                    contextlib.suppress(OSError):
                answered = self._pump(client, service, self.requests[number], word == "pass")
                if answered and word == "silence":
                    self.closing.wait()

    def _pump(self, client, service, record, is_passed):
        """Until one side closes, or an answer was swallowed, which it says."""
        while not self.closing.is_set():
            for ready in select.select([client, service], [], [], 0.1)[0]:
                data = ready.recv(65536)
                if not data:
                    return False
                if ready is client:
                    record += data
                    service.sendall(data)
                elif is_passed:
                    client.sendall(data)
                else:
                    return True
        return False
