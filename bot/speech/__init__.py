"""Edge: a service that hears what is said in voices, where the operator has set one up."""

from bot.speech.service import SpeechService

__all__ = ["SpeechService"]
