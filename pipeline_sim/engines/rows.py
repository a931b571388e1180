"""What lives on SimPy write in the log: each event with its phase of the month, packed once."""

from __future__ import annotations

from pipeline_sim.clock import Phase
from pipeline_sim.engines.logbook import happening
from pipeline_sim.vocabulary import Event

PRESENT_AT_START = happening(0, Event.PRESENT_AT_START)
# arrivals
ENTERED_MEDICAL_SCHOOL = happening(Phase.ARRIVALS, Event.ENTERED_MEDICAL_SCHOOL)
ARRIVED_FOR_FOUNDATION = happening(Phase.ARRIVALS, Event.ARRIVED_FOR_FOUNDATION)
ARRIVED_FROM_OVERSEAS = happening(Phase.ARRIVALS, Event.ARRIVED_FROM_OVERSEAS)
# endings
MEDICAL_YEAR_PASSED = happening(Phase.ENDINGS, Event.MEDICAL_YEAR_PASSED)
MEDICAL_YEAR_REPEATED = happening(Phase.ENDINGS, Event.MEDICAL_YEAR_REPEATED)
LEFT_MEDICAL_SCHOOL = happening(Phase.ENDINGS, Event.LEFT_MEDICAL_SCHOOL)
GRADUATED = happening(Phase.ENDINGS, Event.GRADUATED)
FOUNDATION_EXTENDED = happening(Phase.ENDINGS, Event.FOUNDATION_EXTENDED)
FOUNDATION_SIGNED_OFF = happening(Phase.ENDINGS, Event.FOUNDATION_SIGNED_OFF)
FOUNDATION_RELEASED = happening(Phase.ENDINGS, Event.FOUNDATION_RELEASED)
FOUNDATION_RESIGNED = happening(Phase.ENDINGS, Event.FOUNDATION_RESIGNED)
REVIEWED = happening(Phase.ENDINGS, Event.REVIEWED)
EXTENDED = happening(Phase.ENDINGS, Event.EXTENDED)
RELEASED = happening(Phase.ENDINGS, Event.RELEASED)
RESIGNED = happening(Phase.ENDINGS, Event.RESIGNED)
COMPLETED_CORE = happening(Phase.ENDINGS, Event.COMPLETED_CORE)
COMPLETED_TRAINING = happening(Phase.ENDINGS, Event.COMPLETED_TRAINING)
CHANGED_HOURS = happening(Phase.ENDINGS, Event.CHANGED_HOURS)
PORTFOLIO_REGISTERED = happening(Phase.ENDINGS, Event.PORTFOLIO_REGISTERED)
STARTED_BREAK = happening(Phase.ENDINGS, Event.STARTED_BREAK)
RETIRED = happening(Phase.ENDINGS, Event.RETIRED)
# grants
PLACEMENT_BLOCKED = happening(Phase.GRANTS, Event.PLACEMENT_BLOCKED)
BLOCKED = happening(Phase.GRANTS, Event.BLOCKED)
# starts
MEDICAL_YEAR_STARTED = happening(Phase.STARTS, Event.MEDICAL_YEAR_STARTED)
FOUNDATION_STARTED = happening(Phase.STARTS, Event.FOUNDATION_STARTED)
STARTED_OUTSIDE = happening(Phase.STARTS, Event.STARTED_OUTSIDE)
LEFT = happening(Phase.STARTS, Event.LEFT)
WITHDREW = happening(Phase.STARTS, Event.WITHDREW)
STARTED_LEVEL = happening(Phase.STARTS, Event.STARTED_LEVEL)
STARTED_PRACTICE = happening(Phase.STARTS, Event.STARTED_PRACTICE)
RETURNED_TO_PRACTICE = happening(Phase.STARTS, Event.RETURNED_TO_PRACTICE)
TRANSFERRED = happening(Phase.STARTS, Event.TRANSFERRED)
ENHANCE_JOINED = happening(Phase.STARTS, Event.ENHANCE_JOINED)
CREDIT_GRANTED = happening(Phase.STARTS, Event.CREDIT_GRANTED)
