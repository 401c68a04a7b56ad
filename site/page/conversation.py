"""Form to request, request to worker, answer to page: the newest request wins, the field being edited is left alone."""

import asyncio
import json

from pyscript import document, ffi, window

from page import address, charts, dom, form, guest, handles, turns, views, words

root = document.documentElement

PATIENCE = 0.3  # seconds after which work is called long, and can be cancelled
HURRY = 2.5  # seconds after which a computation ends that nobody wants any more
PAUSE = 0.15  # seconds after an answer in which a handle that is dragged asks again

LATE = ("table", "steps")  # regions that are drawn with the rest of an answer, unless their section is open

_utf8 = window.TextDecoder.new()


class Conversation:
    """What the page has chosen, what the worker was asked last, and what it said.

    `chosen` holds the fields that a person or a link set; every other field follows the defaults of the profile, which
    only the lab knows. The address says the same as `chosen`.

    A request is answered in parts. The first is what is on the screen, and while that is drawn, the worker makes the
    rest of the answer, which is then published. Then, as long as nobody changes anything, one instrument after the
    other completes that answer. So a change never waits for what nobody looks at.
    """

    def __init__(self):
        """Begins with what the address says."""
        self.chosen = guest.complete(address.read())
        self.defaults = {}
        self.worker = None
        self.is_waiting = False
        self.is_asking = False
        self.overtake = None  # ends the worker's work and starts on what is wanted now; a coroutine function
        self.n_calls = 0
        self.calls = set()  # the numbers of the calls that the worker has not replied to
        self.is_told = False  # that a long search is under way
        self.owing = None  # the question of which only a glimpse is shown; None where the whole answer is
        self.n_asked = 0
        self.n_sent = 0  # the number of the request that the worker has
        self.n_shown = 0  # the number of the request whose answer is shown
        self.view = None  # what the page shows; None before the first good answer
        self.whole = None  # the same, once all of its answer has come, and
        self.answer = None  # the same for the page's host, with figures and arrays, in JavaScript
        self.remarks = []  # what was left out of the file, or of the link, that was read last
        self.unfinished = ""  # the field that ends amid a number, whose error is told when it loses the focus
        self.flips = None  # a code and what its switches made of it
        self.is_settled = True  # whether what is shown is what was wanted last
        self.before = ()  # the figures of the answer before
        self.kept = None  # the result that is kept: its label, fingerprint, summary, and figures, in JavaScript
        self.order = {}  # instrument: (column, is descending), how its table is sorted
        self.is_example = not self.chosen  # the page still shows what the build wrote about the notebook's example

    def choose(self, name, text):
        """Sets one field and asks."""
        if name in ("profile", "format"):
            for control in form.decided_by(name):
                self.chosen.pop(control, None)
        self.choose_all({name: text})

    def choose_all(self, fields):
        """Sets fields and asks."""
        self.is_example = False
        if fields.get("source", "file") != "file":
            self.remarks = []
        self.chosen.update(fields)
        self.ask()  # the worker is at it while this side goes on
        address.write(self.chosen, self.defaults, ",".join(sorted(fields)))
        form.show_applicable()

    def start_over(self, chosen):
        """Takes another set of chosen fields, shows it in the form, and asks."""
        self.is_example = False
        self.remarks = []
        self.chosen = guest.complete(chosen)
        form.restore(self.chosen)
        form.unfold(self.chosen)
        self.before, self.is_settled = (), False
        self.ask()

    def keep(self):
        """Keeps what is shown; its figures are completed, as those of the page's answer are, when they are awaited."""
        if self.answer is not None:
            self.kept = {name: self.whole[name] for name in ("label", "fingerprint", "summary")}
            self.kept["figures"] = self.answer.figures
            self._show_kept()

    def let_kept_go(self):
        """Shows results by themselves again."""
        if self.kept is not None:
            self.kept = None
            self._show_kept()

    def _show_kept(self):
        """Draws the figures anew, with the kept result or without it."""
        self._put_behind()
        charts.redraw()
        self._draw(("keeping", "strip") if self.is_example else views.VIEWS)

    def _put_behind(self):
        """Hands the charts what is kept."""
        if self.kept is None:
            charts.put_behind(None, "", False)
        else:
            is_same = self.kept["fingerprint"] == self.view["fingerprint"]
            charts.put_behind(self.kept["figures"], words.KEPT_IN_LEGEND.format(label=self.kept["label"]), is_same)

    def follow(self, index):
        """Makes another element the one that the steps show."""
        if self.view is not None and self.view.get("table"):
            text = str(max(0, min(index, self.view["table"]["total"] - 1)))
            form.fill({"element": text}, {})
            self.choose("element", text)

    def take(self, instrument, index):
        """Takes the settings that a row of an instrument's table is about, if it is about any."""
        for item in self.view["instruments"] if self.view is not None else ():
            if item["name"] == instrument and item["applies"]:
                fields = views.fields_of_row(item, index)
                if fields is not None:
                    form.fill(fields, {})
                    self.choose_all(fields)

    def request_of(self, name):
        """What a field of the answered request says; empty before the first answer."""
        return self.view["request"].get(name, "") if self.view is not None else ""

    def followed(self):
        """The flat index of the element that the steps show."""
        return int(self.request_of("element") or "0")

    def words_of(self, element):
        """What is said of a number: as in the table, or what the answer holds of it; empty where that is nothing."""
        if self.view is None or not self.view.get("table"):
            return ""
        told = views.row_words(self.view["table"], element)
        if told or self.whole is not self.view or element >= self.answer.values.length:
            return told
        return views.number_words(*[getattr(self.answer, name)[element] for name in ("values", "codes", "dequantized")])

    def sort(self, instrument, column):
        """Sorts the table of an instrument by a column; once more turns it round."""
        before = self.order.get(instrument)
        self.order[instrument] = (column, before is not None and before[0] == column and not before[1])
        self._draw()

    def flip(self, instrument, shift):
        """Flips one bit of the code that an instrument shows as switches."""
        for item in self.view["instruments"] if self.view is not None else ():
            if item["name"] == instrument and "switches" in item:
                self.flips = views.flipped(item["switches"], self.flips, shift)
                self._draw()
                self._mark()

    def _mark(self):
        """Marks on the lines what the switches have made of a code."""
        for item in self.view["instruments"]:
            if "switches" in item:
                charts.mark(item["name"], views.marked(item["switches"], self.flips))

    def ask(self):
        """Asks for an answer to the form as it stands; while one is under way, notes that another is wanted."""
        self.is_waiting = True
        self.n_asked += 1
        root.removeAttribute("data-at-rest")
        if self.worker is not None and not self.is_asking:
            self.is_asking = True
            try:
                sent = self._send()
            except Exception as error:
                self.is_asking = False
                fail(error)
                raise
            asyncio.create_task(self._answer_all(self.worker, sent))

    def let_go(self):
        """Forgets the worker and what it was asked; returns it."""
        worker = self.worker
        self.worker, self.is_asking = None, False
        self.calls.clear()
        return worker

    async def _reply(self, worker, promise):
        """What a worker replies; None where another one has taken its place, or will."""
        if self.worker is not worker:
            return None
        self.n_calls += 1
        number = self.n_calls
        self.calls.add(number)
        asyncio.create_task(self._watch(number, self.n_asked))
        try:
            reply = await promise
        finally:
            self.calls.discard(number)
        return reply if self.worker is worker else None

    async def _watch(self, number, asked):
        """Ends a call that has taken long when something newer is wanted."""
        await asyncio.sleep(HURRY)
        while number in self.calls:
            if self.n_asked != asked:
                await self.overtake(self)
                return
            await asyncio.sleep(PATIENCE)

    async def _answer_all(self, worker, sent):
        try:
            while sent is not None:
                sent = await self._receive(worker, *sent)
        except Exception as error:
            fail(error)
            raise
        finally:
            if self.worker is worker:
                self.is_asking = False

    def _send(self):
        """Sends the request as it stands, for what is on the screen; None if nothing newer can be asked for."""
        if not self.is_waiting or self.worker is None:
            return None
        self.is_waiting = self.is_told = False
        root.dataset.state = "computing"
        request = dict(self.chosen)
        if request.get("show"):
            shown = request["show"].replace(",", " ").split()
        else:
            first = document.querySelector("[data-first-reply]").dataset.firstReply.split(",")
            nearby = charts.near()
            request["show"] = ",".join(first + [name for name in nearby if name not in first])
            shown = charts.near(0, nearby)
            shown += [part for part in LATE if document.querySelector(f"[data-region={part}]").checkVisibility()]
        question = (json.dumps(request), form.long_texts(request), ",".join(shown))
        self.n_sent = self.n_asked
        asyncio.create_task(self._tell_if_long(self.n_sent))
        return question, self.worker.glimpse(*question)

    async def _receive(self, worker, question, reply):
        """Shows an answer; while the user drags, the worker is at the next one already. Returns what was sent."""
        number = self.n_sent
        reply = await self._reply(worker, reply)
        if reply is None:
            return None
        turns.begin()
        sent = self._send()
        is_newest = sent is None
        view = json.loads(_utf8.decode(reply[0]))
        if view["ok"]:
            self.owing = question
        owing = self.owing if is_newest else None
        promise = worker.answer(*owing) if owing is not None else None
        self.n_shown = number
        await self._show(view, reply, question[2].split(","), is_newest)
        if self.worker is not worker:
            return None
        if promise is not None:
            reply = await self._reply(worker, promise)
            if reply is None:
                return None
            self.owing = None
            self._show_rest(reply, owing[2].split(","))
        if is_newest and view["ok"]:
            self._tell(self.view, self.answer)
            asyncio.create_task(self._complete(question[0], question[1], number))
        elif is_newest:
            rest()
        return self._send() if is_newest else sent

    async def _complete(self, question, texts, number):
        """Asks for the instruments that were left out and draws the rest, until something newer is wanted."""

        def is_over():
            return self.n_asked != number or self.worker is None  # cancelled

        try:
            await asyncio.sleep(PAUSE)
            if is_over():
                return
            rest()
            self._draw_code(dom.adopt if self.is_example else dom.render)
            if self.is_example:
                charts.load()  # what the build drew gives way to charts
            for item in list(self.view["instruments"]):
                if is_over():
                    return
                if item.get("waits"):
                    reply = await self._reply(self.worker, self.worker.more(question, texts, item["name"]))
                    if reply is None or is_over():
                        return
                    figures = parsed(reply[1])
                    self._add(json.loads(_utf8.decode(reply[0]))["instruments"][0], figures)
            self.answer.instruments = window.JSON.parse(json.dumps(self.view["instruments"]))
            if self.is_example:
                self.is_example = False
                await self._adopt(is_over)
            await charts.draw_rest(is_over)
        except Exception as error:
            fail(error)
            raise

    async def _tell_if_long(self, number):
        await asyncio.sleep(PATIENCE)
        if root.dataset.state == "computing" and self.n_sent == number and not self.is_told:
            dom.render("status", views.working())

    def tell_search(self, n_ranges, share, seconds):
        """Shows how far a long search for ranges is, which its computation tells before it begins, too."""
        if root.dataset.state == "computing":
            self.is_told = True
            dom.render("status", views.searching(n_ranges, share, seconds))

    async def _show(self, view, reply, seen, is_newest):
        """Shows what is on the screen of an answer.

        While the user drags, something newer is wanted by the time that an answer comes. It is drawn all the same, as
        feedback; but the rest of it is not asked for, and what was wrong for a moment is passed over. So is a number of
        which only the beginning is typed, as long as its field has the focus.
        """
        if not view["ok"] and (form.is_unfinished(view["errors"]) or not is_newest):
            if is_newest:
                self.unfinished = view["errors"][0]["field"]
                root.dataset.state = "ready"
            return
        self.unfinished = ""
        errors = view.get("errors", [])
        form.show_errors(errors)
        dom.render("errors", views.errors(errors, self.view is not None))
        dom.mark_stale(bool(errors))
        guest.arrange(self.chosen)
        if view["ok"]:
            root.removeAttribute("data-unanswered")
        else:
            self._tell(view, parsed(reply[0]))
            return
        if self.chosen.get("show"):
            _forget_waiting(view["instruments"])
        if self.view is not None:
            _keep_waiting(view["instruments"], self.view["instruments"])
        if self.view is not None and self.is_settled:
            self.before = self.view["summary"]
        self.is_settled = is_newest
        fresh = [region for region in views.VIEWS if region not in LATE or region in view]
        if self.view is not None:
            for part in LATE:
                view.setdefault(part, self.view.get(part))
        self.view, self.defaults = view, view["defaults"]
        form.fill(view["request"], self.chosen)
        for name in ("values", "codes", "file", "axis"):
            dom.render("reading-" + name, views.understood(view, name))
        address.write(self.chosen, self.defaults, None)
        self._put_behind()
        charts.show(parsed(reply[1]))
        self._mark()
        if not self.is_example:
            charts.forget_drawings()
            self._draw(fresh)
            await charts.draw(seen)

    def _show_rest(self, reply, seen):
        """Adds to what is shown what else there is of the answer."""
        view = json.loads(_utf8.decode(reply[0]))
        self.whole, self.answer = self.view, whole(reply)
        charts.put_shown(self.answer.figures, seen)
        for part in ("programs",) + LATE:
            self.view[part] = view[part]
        self._put(view["instruments"], self.answer.figures)
        if not self.is_example:
            self._draw([region for region in ("instruments", "lead") + LATE if region not in seen])
            if dom.is_near(document.querySelector("[data-region=code]"), 0.5):
                self._draw_code(dom.render)

    def remark(self, sentence):
        """Adds a sentence to the status line, unless it is there."""
        if sentence not in self.remarks:
            self.remarks.append(sentence)
            if root.dataset.state == "ready" and self.view is not None:
                dom.render("status", views.told(self.view, False, self.remarks))

    def _tell(self, view, answer):
        dom.render("status", views.told(view, form.LONG in self.chosen.values(), self.remarks))
        root.dataset.state = "ready"
        root.dataset.answered = "true"
        actions_possible()
        publish(answer)

    def _add(self, added, figures):
        """Adds an instrument that was left out to what is shown."""
        window.Object.assign(self.answer.figures, figures)
        self._put([added], figures)
        if not self.is_example:
            self._draw(("instruments",))
            charts.draw_near()

    def _put(self, added, figures):
        """Puts instruments in their places, and takes their figures."""
        items = self.view["instruments"]
        places = {item["name"]: place for place, item in enumerate(items)}
        for item in added:
            items[places[item["name"]]] = item
        charts.show(figures, [item["name"] for item in added])
        self._mark()

    async def _adopt(self, is_over):
        """Goes on from what the build wrote, in turns, so that a change touches only what differs."""
        for region, draw in views.VIEWS.items():
            await turns.pause()
            if not is_over():
                dom.adopt(region, draw(self._drawable()))

    def _draw(self, regions=views.VIEWS):
        """Draws regions of the page, as far as what they show has come."""
        drawable = self._drawable()
        for region in regions:
            if region not in LATE or drawable.get(region) is not None:
                dom.render(region, views.VIEWS[region](drawable))

    def _draw_code(self, render):
        """Draws the programs, which are only in the answer for the page's host: they are most of its text."""
        programs = {kind: getattr(self.answer.code, kind) for kind in window.Object.keys(self.answer.code)}
        render("code", views.code({"programs": self.view["programs"], "code": programs}))

    def lay_handles(self, name):
        """Lays the sliders over a chart that has been drawn, if it has some."""
        for item in self.view["instruments"] if self.view is not None else ():
            if item.get("handles") and name == item["name"]:
                handles.lay(self, item)

    def error_words(self):
        """What is said beside an end of the range while it is moved: how large the error is now."""
        return views.error_words(self.view["summary"])

    def is_behind(self):
        """Whether something newer is wanted than what is shown."""
        return self.n_asked != self.n_shown

    def values(self):
        """The text of the values as it is now, which need not be answered yet."""
        return self.chosen.get("values", self.request_of("values"))

    def ends_of(self, name):
        """Where the sliders of a chart are, by field, as texts of a request."""
        return next((dict(item["ends"]) for item in self.view["instruments"] if item["name"] == name), {})

    def _drawable(self):
        drawable = dict(self.view)
        drawable["order"] = self.order
        drawable["flips"] = self.flips
        drawable["before"] = self.before
        if self.kept is not None:
            drawable["kept"] = dict(self.kept)
            drawable["kept"]["charts"] = charts.with_kept()
        return drawable


def _keep_waiting(items, before):
    """Keeps, of each instrument that waits to be computed, what was shown before, so that nothing flickers."""
    shown = {item["name"]: item for item in before if item["applies"]}
    for position, item in enumerate(items):
        if item.get("waits") and item["name"] in shown:
            items[position] = dict(shown[item["name"]])
            items[position]["waits"] = True


def _forget_waiting(items):
    """Lets nothing wait that nobody wants to see: only some instruments are to be shown."""
    for item in items:
        item.pop("waits", None)


def parsed(content):
    """What JSON says, kept in JavaScript: making it, or its text, Python's and back would cost more than drawing it."""
    text = window.Object.new()
    text.toString = _utf8.decode.bind(_utf8, content)
    return window.JSON.parse(text)


def whole(reply):
    """The whole answer of a reply, for the page's host and the charts."""
    answer = parsed(reply[1])
    for name in window.Object.keys(reply[2]):
        setattr(answer, name, window.Array["from"](getattr(reply[2], name)))
    return answer


def actions_possible():
    """Enables undo and redo where there is something to undo or redo."""
    for name, is_possible in zip(("undo", "redo"), address.can_move()):
        for button in document.querySelectorAll('[data-action="' + name + '"]'):
            button.disabled = not is_possible


def rest():
    """Lets the browser lay out all of the page again, also what is far off the screen, as nothing is awaited."""
    root.dataset.atRest = "true"


def publish(answer):
    """Hands an answer to whoever hosts or tests the page."""
    window.quantlab.answer = answer
    dispatch("quantlab:answer", answer)


def dispatch(kind, detail):
    """Dispatches an event of the page's own."""
    options = ffi.to_js({})
    options.detail = detail
    document.dispatchEvent(window.CustomEvent.new(kind, options))


def fail(error):
    """Says on the page that Python stopped; the caller raises on, so that the console has the whole of it."""
    root.dataset.state = "failed"
    rest()
    dom.mark_stale(True)
    details = details_of(error)
    dom.render("status", views.failed(details, window.location.href))
    dispatch("quantlab:failed", details)


def details_of(error):
    """What an exception says: an error of JavaScript's keeps its text behind its object and its class."""
    return str(error.args[-1]) if error.args else str(error)
