"""Small tokenizers of the kinds that embedding models have, as their files come: with truncation and padding on."""

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer as Maker
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

SENTENCES = (
    *("Người lao động có quyền nghỉ phép năm theo quy định của Luật này.", "Điều 1. Phạm vi điều chỉnh"),
    *("근로자는 제2조에 따라 연차휴가를 받는다.", "지방자치단체는 재해를 예방하여야 한다."),
    *("The employer grants annual leave.", "1. a) 2. b) | --- | https://example.org/van-ban"),
)
SPECIAL = ["<pad>", "<s>", "</s>", "<unk>"]


def write_tokenizer(kind: str, file: Path) -> Path:
    """Train a tokenizer on a few sentences and write it. kind: "wordpiece", "unigram" or "bpe"."""
    if kind == "wordpiece":
        maker = Maker(models.WordPiece(unk_token="<unk>"))
        maker.normalizer = normalizers.BertNormalizer()
        maker.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer: trainers.Trainer = trainers.WordPieceTrainer(vocab_size=200, special_tokens=SPECIAL)
    elif kind == "unigram":
        maker = Maker(models.Unigram())
        maker.normalizer = normalizers.NFKC()
        maker.pre_tokenizer = pre_tokenizers.Metaspace()
        trainer = trainers.UnigramTrainer(vocab_size=200, special_tokens=SPECIAL, unk_token="<unk>")
    else:
        maker = Maker(models.BPE())
        maker.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        maker.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=SPECIAL, initial_alphabet=alphabet)
    maker.train_from_iterator(SENTENCES, trainer)
    maker.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[(name, maker.token_to_id(name)) for name in ("<s>", "</s>")]
    )
    maker.enable_truncation(16)
    maker.enable_padding(length=16)
    file.parent.mkdir(parents=True, exist_ok=True)
    maker.save(str(file))
    return file


class Counting:
    """Counts with another counter, and what it is asked."""

    def __init__(self, counter: object) -> None:
        self._counter = counter
        self.texts: list[str] = []

    def count_each(self, texts: Sequence[str]) -> Sequence[int]:
        self.texts += texts
        counts: Sequence[int] = self._counter.count_each(texts)  # type: ignore[attr-defined]
        return counts
