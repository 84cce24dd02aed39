"""A fair plan proposed, shown beside the plain rotation, and written when it is accepted."""

from oncall.planning.accepting import accept
from oncall.planning.proposing import Busy, Proposal, propose

__all__ = ["Busy", "Proposal", "accept", "propose"]
