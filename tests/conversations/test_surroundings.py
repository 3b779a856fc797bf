"""People leave, channels change, Cairn is taken out: each is noticed, said once, and offered a way on."""

from __future__ import annotations

from copy import deepcopy

import pytest
from talk import Heard, Talk, faults, shipped

from dialogs.engine import advance
from dialogs.project import Project, Reminder
from dialogs.turns import Person, Place, Reply, Say, Turn
from dialogs.world import Outcome, World

OPENING = (
    "@Cairn we want to draft answers to guest mails from the house guides, which change weekly: Swedish and "
    "English, 1,200 a day, own machines, one L4, 6 of 10 sent with small edits, before june"
)


@pytest.fixture(scope="module")
def begun() -> Talk:
    """A project of petra's, accepted; colin speaks there too and owns the model choice."""
    talk = Talk()
    talk.say("petra", OPENING)
    while talk.project.advised_at is None:
        talk.say("petra", "skip", mention=True)
    talk.click("petra", "Go with this")
    talk.say("colin", "hello", mention=True)
    talk.say("dora", "hello", mention=True)
    talk.say("petra", "@Cairn colin owns the model choice")
    return talk


@pytest.fixture
def talk(begun: Talk) -> Talk:
    return deepcopy(begun)


def waiting(talk: Talk, kind: str = "") -> list[Reminder]:
    found = [entry for entry in talk.project.reminders if entry.state == "waiting"]
    return sorted((entry for entry in found if kind in {"", entry.kind}), key=lambda entry: entry.due_at)


def only(heard: Heard) -> tuple[Say, Reply]:
    assert len(heard.effects) == 1, heard.text
    say = heard.effects[0]
    assert isinstance(say, Say)
    assert not faults(say.reply), faults(say.reply)
    return say, say.reply


def owner_of(talk: Talk, substep: str) -> str:
    return next(entry.owner for entry in talk.project.substeps if entry.id == substep)


class TestAnOwnerWhoseAccountWasDeactivated:
    def test_is_said_once_in_the_thread_with_steps_dates_and_one_question(self, talk: Talk) -> None:
        say, reply = only(talk.change("person_left", who="colin"))
        assert say.to == "thread"
        assert "colin's account was deactivated" in reply.body
        assert "Without an owner now: model choice (due 26 November)." in reply.body
        assert reply.question == "Who takes it?"
        assert [choice.label for choice in reply.choices] == ["I'll take it", "petra", "dora"]
        assert "nudges about it go to petra" in reply.notes[0]
        assert talk.change("person_left", who="colin").effects == ()

    def test_nudges_go_to_the_projects_owner_meanwhile_and_say_why(self, talk: Talk) -> None:
        talk.change("person_left", who="colin")
        reminder = waiting(talk, "due_soon")[0]
        assert reminder.person == "petra"
        heard = talk.due()
        assert "Whoever owned this step in Guest mails is gone" in heard.text

    def test_one_click_takes_everything_over(self, talk: Talk) -> None:
        talk.say("petra", "@Cairn colin owns evaluation")
        assert "Who takes them?" in talk.change("person_left", who="colin").text
        heard = talk.click("dora", "I'll take it")
        assert heard.marks[0].startswith("dora takes over")
        assert "Yours now: model choice (due 26 November) and evaluation (due 12 March)." in heard.text
        assert {owner_of(talk, "choose_model"), owner_of(talk, "evaluation")} == {"dora"}
        assert waiting(talk, "due_soon")[0].person == "dora"

    def test_a_colleague_can_be_named_by_a_button(self, talk: Talk) -> None:
        talk.change("person_left", who="colin")
        heard = talk.click("petra", "dora")
        assert "dora" in heard.text
        assert owner_of(talk, "choose_model") == "dora"

    def test_a_second_click_changes_nothing(self, talk: Talk) -> None:
        talk.change("person_left", who="colin")
        talk.click("dora", "I'll take it")
        talk.click("petra", "I'll take it")
        assert owner_of(talk, "choose_model") == "dora"

    def test_the_projects_own_owner_is_asked_for_too(self, talk: Talk) -> None:
        _, reply = only(talk.change("person_left", who="petra"))
        assert "the project itself" in reply.body
        talk.click("dora", "I'll take it")
        assert talk.project.owner == "dora"

    def test_nobody_who_looked_after_nothing_is_missed_aloud(self, talk: Talk) -> None:
        assert talk.change("person_left", who="dora").effects == ()
        assert talk.project.people["dora"].left

    def test_a_deputy_who_leaves_is_asked_for_anew(self, talk: Talk) -> None:
        talk.say("petra", "@Cairn petra is away until 7 jan, dora stands in")
        _, reply = only(talk.change("person_left", who="dora"))
        assert "Nobody stands in for petra any more" in reply.body
        assert reply.question == "Who stands in?"
        assert talk.project.people["petra"].deputy == ""

    def test_without_an_event_the_due_nudge_finds_out_and_asks_instead(self, talk: Talk) -> None:
        reminder = waiting(talk, "due_soon")[0]
        assert reminder.person == "colin"
        outcome = reminded(talk, reminder, gone={"colin"})
        texts = [say.reply.body for say in outcome.effects if isinstance(say, Say)]
        assert len(texts) == 1
        assert "deactivated" in texts[0]
        [kept] = [entry for entry in outcome.projects[0].reminders if entry.id == reminder.id]
        assert (kept.state, kept.person) == ("waiting", "petra")
        assert kept.due_at > reminder.due_at


def reminded(talk: Talk, reminder: Reminder, gone: set[str]) -> Outcome:
    """Let a reminder fall due while the chat says that somebody's account is no more."""
    knowledge, index = shipped()
    world = World(knowledge, index, projects=tuple(talk.projects.values()), gone=frozenset(gone))
    place = Place("T1", "C1", talk.thread)
    turn = Turn("reminder", Person(reminder.person), place, reminder.due_at, value=reminder.id)
    outcome = advance(talk.project, turn, world)
    assert isinstance(outcome, Outcome)
    return outcome


class TestAnOwnerWhoLeftTheChannel:
    def test_is_a_question_and_the_nudges_stay_inside(self, talk: Talk) -> None:
        _, reply = only(talk.change("member_left", who="colin"))
        assert "left this channel and can't read along any more" in reply.body
        assert "Leave it as it is" in [choice.label for choice in reply.choices]
        assert waiting(talk, "due_soon")[0].person == "petra"
        assert talk.change("member_left", who="colin").effects == ()

    def test_who_comes_back_gets_the_nudges_again(self, talk: Talk) -> None:
        talk.change("member_left", who="colin")
        talk.click("petra", "Leave it as it is")
        assert owner_of(talk, "choose_model") == "colin"
        assert talk.change("member_joined", who="colin").effects == ()
        assert waiting(talk, "due_soon")[0].person == "colin"

    def test_who_is_deactivated_afterwards_is_not_announced_as_leaving_twice(self, talk: Talk) -> None:
        talk.change("person_left", who="colin")
        assert talk.change("member_left", who="colin").effects == ()


LOST = [
    ("channel_archived", "was archived", "Unarchive the channel"),
    ("cairn_removed", "I am not in <#C1> any more", "/invite @Cairn"),
    ("channel_deleted", "was deleted", "/cairn move guest-mails"),
]


class TestAChannelThatIsLost:
    @pytest.mark.parametrize(("action", "said", "way"), LOST, ids=[row[0] for row in LOST])
    def test_nudges_rest_and_the_owner_hears_it_once_with_a_way_on(
        self, talk: Talk, action: str, said: str, way: str
    ) -> None:
        say, reply = only(talk.change(action))
        assert (say.to, say.person) == ("direct", "petra")
        assert said in reply.body
        assert way in reply.notes[0]
        assert waiting(talk) == []
        assert talk.change(action).effects == ()

    def test_it_goes_on_with_one_sentence_where_it_stands(self, talk: Talk) -> None:
        talk.change("channel_archived")
        talk.wait(days=20)
        say, reply = only(talk.change("channel_found"))
        assert say.to == "thread"
        assert "The channel is open again, and *Guest mails* goes on where it stood" in reply.body
        assert "; model choice was due 26 November." in reply.body
        assert [entry.kind for entry in waiting(talk)] == ["digest", "overdue"]
        assert talk.change("channel_found").effects == ()

    def test_a_leaver_of_that_time_is_asked_about_afterwards(self, talk: Talk) -> None:
        talk.change("cairn_removed")
        assert talk.change("person_left", who="colin").effects == ()
        assert "Who takes it?" in talk.change("channel_found").text

    def test_a_snoozed_nudge_is_held_not_dropped(self, talk: Talk) -> None:
        talk.due()
        talk.click("colin", "Tomorrow")
        [snoozed] = waiting(talk, "snoozed")
        talk.change("channel_archived")
        assert talk.due().effects == ()
        [held] = waiting(talk, "snoozed")
        assert held.due_at > snoozed.due_at

    def test_a_removal_after_an_archiving_is_not_a_second_message(self, talk: Talk) -> None:
        talk.change("channel_archived")
        assert talk.change("cairn_removed").effects == ()

    def test_whoever_was_told_already_is_not_told_again(self, talk: Talk) -> None:
        assert talk.change("cairn_removed", told="petra").effects == ()
        assert talk.project.unreachable == "removed"

    def test_the_owner_can_put_the_project_to_rest_from_the_message(self, talk: Talk) -> None:
        talk.change("channel_archived")
        heard = talk.click("petra", "Archive the project")
        assert talk.project.status == "archived"
        assert "archived" in heard.marks[0] or "archives" in heard.marks[0]

    def test_an_owner_who_is_gone_too_is_not_written_to(self, talk: Talk) -> None:
        talk.say("petra", "@Cairn dora owns the project")
        talk.change("person_left", who="dora")
        say, _ = only(talk.change("channel_archived"))
        assert say.person == "petra"

    def test_an_archived_project_keeps_quiet(self, talk: Talk) -> None:
        talk.say("petra", "archive", mention=True)
        assert talk.change("channel_archived").effects == ()
        assert talk.change("channel_found").effects == ()

    def test_words_in_the_channel_show_that_cairn_is_back(self, talk: Talk) -> None:
        talk.change("cairn_removed")
        talk.say("petra", "we are back", mention=True)
        assert talk.project.unreachable == ""
        assert waiting(talk)


class TestAnUninstalledWorkspace:
    def test_everything_stops_nothing_is_lost_and_nobody_can_be_told(self, talk: Talk) -> None:
        answers = list(talk.project.answers)
        assert talk.change("cairn_uninstalled").effects == ()
        assert waiting(talk) == []
        assert talk.project.answers == answers

    def test_installed_anew_but_not_invited_the_owner_hears_how(self, talk: Talk) -> None:
        talk.change("cairn_uninstalled")
        say, reply = only(talk.change("cairn_removed"))
        assert say.to == "direct"
        assert "/invite @Cairn" in reply.notes[0]


class TestARenamedChannel:
    def test_nothing_is_said_where_the_project_has_a_name_of_its_own(self, talk: Talk) -> None:
        assert talk.change("channel_renamed", text="hotel-mail", old="front-desk").effects == ()
        assert talk.project.channel_name == "hotel-mail"

    def test_a_project_named_after_it_is_offered_the_new_name_once(self, talk: Talk) -> None:
        _, reply = only(talk.change("channel_renamed", text="hotel-mail", old="guest-mails"))
        assert "The channel is #hotel-mail now" in reply.body
        assert talk.change("channel_renamed", text="hotel-mail", old="guest-mails").effects == ()
        heard = talk.click("petra", "Call it Hotel mail")
        assert "petra calls it Hotel mail" in heard.marks[0]
        assert (talk.project.name, talk.project.slug) == ("Hotel mail", "hotel-mail")

    def test_the_name_can_stay(self, talk: Talk) -> None:
        talk.change("channel_renamed", text="hotel-mail", old="guest-mails")
        assert "keeps the name" in talk.click("petra", "Keep the name").marks[0]
        assert talk.project.name == "Guest mails"


class TestWhoCanSeeIt:
    @pytest.mark.parametrize(
        ("action", "said"),
        [
            ("channel_private", "only its members can see"),
            ("channel_public", "anyone in the workspace can join"),
        ],
    )
    def test_a_change_is_one_line(self, talk: Talk, action: str, said: str) -> None:
        say, reply = only(talk.change(action))
        assert say.to == "thread"
        assert said in reply.body
        assert len(reply.body.splitlines()) == 1
        assert talk.change(action).effects == ()

    def test_what_was_always_so_is_not_news(self, talk: Talk) -> None:
        assert talk.change("channel_seen", text="guest-mail", private="yes").effects == ()
        assert talk.change("channel_private").effects == ()


class TestMovingToAnotherChannel:
    def moved(self, talk: Talk, words: str, stranded: tuple[Project, ...], who: str = "petra") -> Outcome:
        knowledge, index = shipped()
        turn = Turn(
            "command", Person(who), Place("T1", "C2"), talk.at, text=words, command="cairn", mentioned=True
        )
        outcome = advance(None, turn, World(knowledge, index, stranded=stranded))
        assert isinstance(outcome, Outcome)
        return outcome

    def test_a_stranded_project_comes_along_with_everything_it_knew(self, talk: Talk) -> None:
        talk.change("channel_deleted")
        outcome = self.moved(talk, "move guest-mails", (talk.project,))
        [project] = outcome.projects
        assert (project.channel, project.thread, project.unreachable) == ("C2", None, "")
        assert project.answers == talk.project.answers
        assert any(entry.state == "waiting" for entry in project.reminders)
        [say] = [effect for effect in outcome.effects if isinstance(effect, Say)]
        assert (say.to, say.new_thread) == ("channel", True)
        assert "lives here now" in say.reply.body

    def test_without_one_it_is_said_how_moving_works(self, talk: Talk) -> None:
        outcome = self.moved(talk, "move guest-mails", ())
        [say] = [effect for effect in outcome.effects if isinstance(effect, Say)]
        assert "nothing to move" in say.reply.body

    def test_of_several_one_is_chosen(self, talk: Talk) -> None:
        talk.change("channel_deleted")
        other = talk.project.model_copy(update={"id": "other", "slug": "leases", "name": "Leases"})
        outcome = self.moved(talk, "move", (talk.project, other))
        [say] = [effect for effect in outcome.effects if isinstance(effect, Say)]
        assert [choice.label for choice in say.reply.choices] == ["Guest mails", "Leases"]


class TestOwnersAreCalledSoThatTheyHearIt:
    def test_somebody_named_with_at_who_never_spoke_is_mentioned_in_the_nudge(self, talk: Talk) -> None:
        heard = talk.say(
            "petra", "@Cairn @Erik Maria Berg owns the model choice", **{"Erik Maria Berg": "U0ERIK99"}
        )
        assert "<@U0ERIK99>" in heard.text
        reminder = waiting(talk, "due_soon")[0]
        assert reminder.person == "U0ERIK99"
        assert "<@U0ERIK99>: Model choice is due" in talk.due().text.replace("*", "")

    def test_a_step_given_to_a_bare_name_finds_its_person_once_they_speak(self, talk: Talk) -> None:
        talk.say("petra", "@Cairn frida owns the model choice")
        assert owner_of(talk, "choose_model") == "frida"
        turn = talk._turn("message", "U0FRIDA1", talk.thread, text="hello", mentioned=True)
        talk._take(Turn(**{**turn.__dict__, "person": Person("U0FRIDA1", "Frida Holm", talk.zone)}))
        assert owner_of(talk, "choose_model") == "U0FRIDA1"


def test_app_home_says_why_a_project_rests(talk: Talk) -> None:
    assert "Rests" not in talk.home("petra")
    talk.change("channel_archived")
    assert "Rests: its channel was archived" in talk.home("petra")
    talk.change("channel_found")
    talk.change("cairn_removed")
    assert "/invite @Cairn" in talk.home("petra")
