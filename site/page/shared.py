"""One Python for all frames of this site on a host's page.

The frames elect a leader: whoever holds a lock. The leader starts Python and answers the others, who ask it through a
channel. When it goes, the lock falls to another frame, which starts a Python and says so, and whoever still waits for
an answer asks again. Where the browser refuses locks, as it does where it blocks the storage of other sites, the frames
agree by messages. Where it refuses the channel, each frame has a Python of its own.
"""

import asyncio

from pyscript import document, ffi, window


def _promise():
    """A promise of JavaScript's and the functions that settle it."""
    return window.Promise.withResolvers()


ELECTION = 0.4  # seconds in which frames without locks hear of each other


class Shared:
    """Stands for the worker, wherever it is: has its functions."""

    def __init__(self, start, stop):
        """Takes what starts a worker of our own, a coroutine function, and what stops it."""
        self._start, self._stop = start, stop
        self._name = str(window.Math.random())[2:]
        self._lab = None  # the worker of the leader, once it is there
        self._leads = False
        self._channel = None
        self._waiting = {}  # id: (question, promise)
        self._n_asked = 0
        self._there = _promise()  # kept when some Python answers
        self._candidates = set()  # the other frames that might lead, where there are no locks
        self._is_led = False  # whether one of them does

    async def join(self):
        """Finds the leader or becomes it; returns when Python is there."""
        name = "quantlab-" + window.quantlabGroup  # from runtime/embed.js
        try:
            self._channel = window.BroadcastChannel.new(name)
            self._channel.onmessage = ffi.create_proxy(lambda event: self._hear(event.data))
            self._send("hello")
            held = window.navigator.locks.request(name, ffi.create_proxy(self._hold))
            held.catch(ffi.create_proxy(lambda error: self._do_without_locks(error)))
        except Exception as error:  # noqa: BLE001 - whatever is missing or refused here
            self._do_without_locks(error)
        await self._there.promise

    def glimpse(self, request, texts, shown):
        """As the worker's."""
        return self._ask("glimpse", request, texts, shown)

    def answer(self, request, texts, seen):
        """As the worker's."""
        return self._ask("answer", request, texts, seen)

    def more(self, request, texts, name):
        """As the worker's."""
        return self._ask("more", request, texts, name)

    def export(self, request, texts, kind):
        """As the worker's."""
        return self._ask("export", request, texts, kind)

    def load(self, files):
        """As the worker's."""
        return self._ask("load", files)

    async def restart(self):
        """Stops Python in the middle of its work; what this frame had asked is forgotten, the others ask again."""
        self._waiting.clear()
        self._there = _promise()
        if self._leads:
            await self._lead_again()
        else:
            self._send("restart")
        await self._there.promise

    def _hold(self, lock):
        """Keeps the lock for as long as the frame lives."""
        asyncio.create_task(self._lead())
        return window.Promise.new(ffi.create_proxy(lambda resolve, reject: None))

    def _do_without_locks(self, error):
        window.console.info("No locks in this frame; the leader is elected by messages.")
        asyncio.create_task(self._elect())

    async def _elect(self):
        """Leads if no other frame does and none of them has a smaller name."""
        self._is_led = False
        while not self._is_led:
            self._candidates = set()
            self._send("candidate")
            await asyncio.sleep(ELECTION)
            if not self._is_led and all(self._name < other for other in self._candidates):
                window.self.addEventListener("pagehide", ffi.create_proxy(lambda event: self._send("gone")))
                self._send("leading")
                await self._lead()
                return

    async def _lead(self):
        self._leads = True
        if self._channel is not None:
            document.addEventListener("quantlab:progress", ffi.create_proxy(self._pass_on))
        await self._begin()

    async def _lead_again(self):
        self._lab = None
        self._stop()
        await self._begin()

    async def _begin(self):
        try:
            self._lab = await self._start()
        except Exception as error:
            self._send("failed", message=str(error))
            self._there.reject(window.Error.new(str(error)))
            raise
        self._send("ready")
        self._there.resolve(None)
        self._ask_again()

    def _pass_on(self, event):
        self._send("progress", detail=event.detail)

    def _ask(self, function, *arguments):
        self._n_asked += 1
        question = window.Object.new()
        question.id = self._name + "-" + str(self._n_asked)
        question.function = function
        question.arguments = window.Array.of(*arguments)
        promise = _promise()
        self._waiting[question.id] = (question, promise)
        self._put(question)
        return promise.promise

    def _ask_again(self):
        for question, _ in list(self._waiting.values()):
            self._put(question)

    def _put(self, question):
        if self._leads:
            if self._lab is not None:
                asyncio.create_task(self._answer(question))
        else:
            self._send("question", question=question)

    async def _answer(self, question):
        reply = window.Object.new()
        reply.id = question.id
        asked = question.arguments
        try:
            function = getattr(self._lab, question.function)
            reply.value = await function(*[asked[position] for position in range(asked.length)])
        except Exception as error:  # noqa: BLE001 - raised again in the frame that asked
            reply.error = str(error)
        if reply.id in self._waiting:
            self._take(reply)
        else:
            self._send("reply", reply=reply)

    def _take(self, reply):
        if reply.id in self._waiting:
            _, promise = self._waiting.pop(reply.id)
            if hasattr(reply, "error"):
                promise.reject(window.Error.new(reply.error))
            else:
                promise.resolve(reply.value)

    def _hear(self, said):
        kind = said.kind
        if kind == "question" and self._lab is not None:
            asyncio.create_task(self._answer(said.question))
        elif kind == "reply":
            self._take(said.reply)
        elif kind == "hello" and self._lab is not None:
            self._send("welcome", to=said.sender)
        elif kind == "ready" or (kind == "welcome" and said.to == self._name):
            self._there.resolve(None)
            if kind == "ready":
                self._ask_again()
        elif kind == "candidate":
            self._candidates.add(said.sender)
            if self._leads:
                self._send("leading")
        elif kind == "leading":
            self._is_led = True
        elif kind == "gone":
            asyncio.create_task(self._elect())
        elif kind == "restart" and self._leads:
            asyncio.create_task(self._lead_again())
        elif kind == "progress":
            self._tell_progress(said.detail)
        elif kind == "failed":
            self._there.reject(window.Error.new(said.message))

    def _tell_progress(self, detail):
        options = window.Object.new()
        options.detail = detail
        document.dispatchEvent(window.CustomEvent.new("quantlab:progress", options))

    def _send(self, kind, **content):
        if self._channel is None:
            return
        message = window.Object.new()
        message.kind, message.sender = kind, self._name
        for name, value in content.items():
            window.Reflect.set(message, name, value)
        self._channel.postMessage(message)
