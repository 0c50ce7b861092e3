"""Models that people name by mistake: they write, or judge, or give a vector for each token, and embed no text."""

import re

from ingest.embedders.models import SUGGESTED, find_model
from ingest.errors import UsageError

# A name that says what it is for; it may still hold the name of what it was made from: e5-mistral-7b-instruct.
_EMBEDS = re.compile(
    r"embed|retriev|sentence|similar|semantic|paraphras|simcse|sbert|encoder|2vec"
    r"|(?<![a-z0-9])(e5|gte|bge|gtr|sts|nli|sfr|nomic|kure|labse)(?![a-z])"
)
_RERANKERS = re.compile(r"re-?rank|cross-?encoder")
_ENCODERS = re.compile(
    r"""
    (distil|m)?bert-((tiny|mini|small|medium|base|large)-)?((multilingual|chinese|japanese|german)-)?
        (un)?cased(-whole-word-masking)?
    | bert-(base|large)(-(multilingual|chinese|japanese))? | bert-kor-base | (ko|kc)bert(-base|-large)?(-v\d)?
    | (xlm-)?(distil)?roberta-(small|base|large|xl|xxl) | xlm-v-base | mpnet-base
    | phobert-(base|large)(-v\d)? | videberta-(xsmall|base) | vibert(4news)?-base-cased
    | m?deberta-(v\d-)?(xsmall|small|base|large|xlarge|xxlarge) | albert-(base|large|xlarge|xxlarge)-v\d
    | (ko|kc)?electra-(small|base|large)(-v\d+)?(-discriminator|-generator)?
    | (modern|mm|neo)bert(-small|-base|-large)?
    """,
    re.VERBOSE,
)
_GENERATORS = re.compile(
    r"""
    (distil|ko-?|pho|open)?gpt[-_.]?(\d|neo|j|oss|trinity|x) .* | (kogpt|phogpt|polyglot-ko|exaone|hyperclova)\b .*
    | (meta-|open_?|code|tiny|vina)?llama ([-_.\d] .*)? | (vicuna|alpaca|vistral|seallm)\w* ([-_.] .*)?
    | (qwen|qwq) .* | (mistral|mixtral|ministral|magistral|devstral) .* | (code|med|recurrent|pali)?gemma ([-_\d] .*)?
    | (flan-|m|u|by|long|vi|codet|ke-)?t5-(v\d_\d-)?(tiny|small|base|large|xl|xxl|\d+b) .*
    | (m|ko)?bart-(base|large) .* | bartpho-(word|syllable) .* | bloomz? ([-_] .*)? | opt-[\d.]+[mb] .*
    | phi-?\d .* | falcon\d?- .* | deepseek- .* | smollm\d? .* | (chat)?glm-?\d .* | yi-[\d.]+ .* | solar-[\d.]+b .*
    | (claude|gemini|command-r|grok|dbrx|olmo|pythia) ([-_] .*)?
    """,
    re.VERBOSE,
)


def check_model(model_id: str, pooling: str = "") -> None:
    """Raise UsageError for a model that is known not to embed texts, with two that do; ask nobody.

    pooling: the user's; a plain encoder is one's own choice where it is given.
    """
    kind = _find_mistake(model_id, pooled=bool(pooling))
    if kind:
        raise UsageError(f"{model_id} is {kind}, not an embedding model. Use one that is: {SUGGESTED}")


def _find_mistake(model_id: str, *, pooled: bool) -> str:
    """Say what a model is instead of an embedding model; "" for one that is, or is not known."""
    whole = model_id.strip().casefold()
    name = whole.rpartition("/")[2].partition(":")[0]
    if find_model(model_id):
        return ""
    if _RERANKERS.search(whole):
        return "a reranker, which judges pairs of texts"
    if _EMBEDS.search(name):
        return ""
    if _GENERATORS.fullmatch(name):
        return "a model that generates text"
    if not pooled and _ENCODERS.fullmatch(name):
        return "a plain encoder without pooling"
    return ""
