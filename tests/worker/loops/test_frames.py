"""The frames between a worker and its loops are read as they were written."""

import socket

import pytest

from celeriac_worker.loop_frames import Blocked, Frames, Order, Report, Run, Start, line_of

RUN = Run("add-1", "0f" * 16, "add", 30.5)


@pytest.mark.parametrize(
    "report",
    [
        Report(runs=(RUN, RUN._replace(hard_seconds=None)), ended=("a", "b"), held=("d",), overdue=("c",)),
        Report(alive=0.0),
        Report(blocked=Blocked(1.1, "add-1", "0f" * 16, 'File "täsks.py", line 44, time.sleep(60)\n')),
        Report(blocked=Blocked(2.0, None, None, 'File "x.py", line 1')),
        Report(stopped=True),
    ],
)
def test_a_report_is_read_as_it_was_written(report: Report) -> None:
    assert Report.from_line(line_of(report)) == report


@pytest.mark.parametrize(
    "order", [Order(ask=("a",), terminate=("b", "c"), lost=("d",)), Order(stop=0.0), Order(stop=20.0)]
)
def test_an_order_is_read_as_it_was_written(order: Order) -> None:
    assert Order.from_line(line_of(order)) == order


def test_what_a_frame_does_not_say_is_not_in_its_line() -> None:
    assert line_of(Report(ended=("a",))) == b'{"ended":["a"]}\n'
    assert line_of(Order(stop=0.0)) == b'{"stop":0.0}\n'


def test_frames_that_arrive_in_pieces_are_read_whole() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        reports = [Report(runs=(RUN,)), Report(ended=(RUN.token,))]
        for report in reports:
            Frames(ours).send(report)
        sent, frames = theirs.recv(65_536), Frames(theirs)
        lines = [line for byte in sent for line in frames.lines(bytes([byte]))]
        assert [Report.from_line(line) for line in lines] == reports


def test_the_options_of_a_loop_are_read_as_they_were_written() -> None:
    start = Start(socket=7, worker="celery-0a@host", queues=("async", "models"), stacks=9)
    assert Start.from_arguments(start.to_arguments()) == start
